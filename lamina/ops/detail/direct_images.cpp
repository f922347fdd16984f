// Where windows begin, and who computes which results.
#include "lamina/ops/detail/direct_images.h"

#include <algorithm>

#include "lamina/base/detail/lent_vector.h"
#include "lamina/base/threads.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/image_border.h"
#include "lamina/ops/detail/lent_numbers.h"

namespace lamina::detail {
namespace {

/// Results that are computed together: their windows stay in the cache while all filters go over them. More of them where
/// the filters do not stay in the second cache, so that they come from afar less often.
constexpr int64_t kChunk = 48, kLongChunk = 192;
/// Results that fill the registers by themselves.
constexpr int64_t kResultsOfTile = 6;
/// Numbers of a kernel from which on it does not stay.
constexpr int64_t kLargeKernel = 1 << 17;
/// Chunks below which threads share the filters, too; they always share those that do not stay in the cache.
constexpr int64_t kFewChunks = 8;
/// Multiplications that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 18;
/// Numbers of images that are copied with zeros around them, so that no window has a part outside.
constexpr double kCopied = 1 << 18;
/// Results of a row from which on they are computed by rows, in which windows lie evenly.
constexpr int64_t kEven = 64;
/// Channels below which a run of one pixel is too short to be worth its start.
constexpr int64_t kFewChannels = 16;

/// The images with their borders, as images of their own.
ConvShape with_border(ConvShape s) {
  const ImageBorder border = border_of(s);
  s.rows.input += border.top + border.bottom;
  s.columns.input += border.left + border.right;
  s.rows.before = s.columns.before = 0;
  return s;
}

double size_of(const ConvShape& s) {
  return static_cast<double>(s.rows.input) * static_cast<double>(s.columns.input) *
         static_cast<double>(s.batch * s.channels);
}

/// Whether windows are single pixels, which lie inside or outside as a whole.
bool of_one_pixel(const ConvShape& s) { return s.rows.size == 1 && s.columns.size == 1; }

bool worth_a_copy(const ConvShape& s) {
  return !of_one_pixel(s) && !border_of(s).empty() && size_of(with_border(s)) <= kCopied;
}

}  // namespace

Layout direct_kernel_layout(int64_t filters) {
  return {{3, 0, 1, 2}, {{3, static_cast<int>(direct_conv_block(filters))}}};
}

DirectImages::DirectImages(const ConvShape& shape, bool relu, int64_t block, int64_t step)
    : given_(shape),
      copies_(worth_a_copy(shape)),
      s_(copies_ ? with_border(shape) : shape),
      relu_(relu),
      block_(block),
      step_(step > 0 ? step : shape.filters),
      chunk_(s_.channels * s_.filters * s_.rows.size * s_.columns.size >= kLargeKernel ? kLongChunk : kChunk),
      lines_(s_.columns.dilation == 1 || s_.columns.size == 1),
      zeros_(static_cast<size_t>((lines_ ? s_.columns.size : 1) * s_.channels), 0.0f) {
  while (lo_ < s_.columns.output && s_.columns.begin(lo_) > 0) ++lo_;
  hi_ = s_.columns.output;
  while (hi_ > lo_ && s_.columns.end(hi_ - 1) < s_.columns.size) --hi_;
  inside_ = lines_ && lo_ == 0 && hi_ == s_.columns.output;
  by_rows_ = lines_ && !inside_ && s_.channels < kFewChannels;
  pixels_ = of_one_pixel(s_) && s_.rows.stride == 1 && s_.columns.stride == 1;
  const auto each = [](const Window& w) { return w.before == 0 && w.output == w.input; };
  one_line_ = pixels_ && each(s_.rows) && each(s_.columns);
}

size_t DirectImages::workspace() const {
  return copies_ ? static_cast<size_t>(size_of(s_)) * sizeof(float) : 0;
}

const float* DirectImages::begin(const float* x, void* workspace) const {
  if (!copies_) return x;
  auto* const copy = static_cast<float*>(workspace);
  copy_with_border(given_, x, copy);
  return copy;
}

/// Pieces of so many results by so many filters that make up a grain.
int64_t DirectImages::grain(int64_t results, int64_t filters) const {
  return std::max<int64_t>(1, kGrain / (results * filters * s_.rows.size * s_.columns.size * s_.channels));
}

void DirectImages::run(const float* x, const float* kernel, const float* bias, float* out) const {
  if (pixels_ && !one_line_) return run_pixels(x, kernel, bias, out);
  if (by_rows_) {
    const int64_t size = s_.columns.output * step_;
    lamina::parallel_for(s_.batch * s_.rows.output, grain(s_.columns.output, s_.filters), [&](int64_t first, int64_t last) {
      rows(x, kernel, bias, out + first * size, first, last);
    });
    return;
  }
  pieces(results(), [&](int64_t begin, int64_t end, int64_t first, int64_t filters) {
    range(begin, end, inside_, x, kernel + first * s_.rows.size * s_.columns.size * s_.channels,
          bias ? bias + first : nullptr, out + begin * step_ + first, filters);
  });
}

/// Calls `f(begin, end, first, filters)` for pieces that cover `count` results by all filters, on all threads.
template <class F>
void DirectImages::pieces(int64_t count, F&& f) const {
  const bool large = chunk_ == kLongChunk;
  // The last long chunk must not be a short one, for which all filters come once more.
  const int64_t shares = large ? std::max<int64_t>(1, (count + chunk_ / 2) / chunk_) : 1;
  const int64_t chunk = large ? ((count + shares - 1) / shares + kResultsOfTile - 1) / kResultsOfTile * kResultsOfTile : chunk_;
  const int64_t chunks = (count + chunk - 1) / chunk, blocks = s_.filters / block_;
  const int64_t splits = chunks < kFewChunks || large ? blocks : 1, filters = s_.filters / splits;
  lamina::parallel_for(chunks * splits, grain(chunk, filters), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i / splits * chunk;
      f(at, std::min(count, at + chunk), i % splits * filters, filters);
    }
  });
}

/// Images as they lie, each pixel of which is one result; those around them are what nothing gives. Results come into a place
/// of their own first, so that all registers are full although the rows have gaps between them.
void DirectImages::run_pixels(const float* x, const float* kernel, const float* bias, float* out) const {
  const int64_t height = s_.rows.input, width = s_.columns.input;
  const auto conv = [&](int64_t filters) { return DirectConv{1, s_.channels, filters, std::min(block_, filters), relu_}; };
  const auto place = [&](int64_t image, int64_t row, int64_t column) {
    return out + ((image * s_.rows.output + row) * s_.columns.output + column) * step_;
  };
  pieces(s_.batch * height * width, [&](int64_t begin, int64_t end, int64_t first, int64_t filters) {
    LentNumbers<DirectImages> results((end - begin) * filters);
    const float* const start = x + begin * s_.channels;
    direct_conv(conv(filters), {&start, s_.channels}, end - begin, kernel + first * s_.channels, bias ? bias + first : nullptr,
                results.data(), filters);
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      std::copy_n(results.data() + (pixel - begin) * filters, filters,
                  place(pixel / (height * width), pixel / width % height + s_.rows.before, pixel % width + s_.columns.before) + first);
    }
  });
  const int64_t right = s_.columns.output - width - s_.columns.before;
  const auto nothing = [&](int64_t image, int64_t row, int64_t column, int64_t count) {
    const float* const none = nullptr;
    if (count > 0) direct_conv(conv(s_.filters), {&none, s_.channels}, count, kernel, bias, place(image, row, column), step_);
  };
  lamina::parallel_for(s_.batch * s_.rows.output, grain(s_.columns.output, s_.filters), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / s_.rows.output, row = i % s_.rows.output, y = s_.rows.first(row);
      if (y < 0 || y >= height) {
        nothing(image, row, 0, s_.columns.output);
        continue;
      }
      nothing(image, row, 0, s_.columns.before);
      nothing(image, row, s_.columns.before + width, right);
    }
  });
}

void DirectImages::rows(const float* x, const float* kernel, const float* bias, float* out, int64_t first,
                        int64_t last) const {
  const int64_t width = s_.columns.output;
  if (by_rows_) {
    for (int64_t i = first; i < last; ++i, out += width * step_) row(i, x, kernel, bias, out);
    return;
  }
  for (int64_t at = first * width; at < last * width; at += kChunk, out += kChunk * step_)
    range(at, std::min(last * width, at + kChunk), inside_, x, kernel, bias, out, s_.filters);
}

/// One row of results: what lies at the margins apart from what is between them.
void DirectImages::row(int64_t row, const float* x, const float* kernel, const float* bias, float* out) const {
  const int64_t first = row * s_.columns.output;
  const auto part = [&](int64_t begin, int64_t end, bool lines) {
    for (; begin < end; begin += kChunk)
      range(first + begin, first + std::min(end, begin + kChunk), lines, x, kernel, bias,
            out + begin * step_, s_.filters);
  };
  part(0, lo_, false);
  part(lo_, hi_, true);
  part(hi_, s_.columns.output, false);
}

/// The results [begin, end) of some filters, whose windows are read line by line or pixel by pixel.
void DirectImages::range(int64_t begin, int64_t end, bool lines, const float* x, const float* kernel,
                         const float* bias, float* out, int64_t filters) const {
  const int64_t runs = s_.rows.size * (lines ? 1 : s_.columns.size), count = end - begin;
  const DirectConv conv{runs, s_.channels * (lines ? s_.columns.size : 1), filters, std::min(block_, filters),
                        relu_};
  LentVector<const float*, DirectImages> starts;
  if (one_line_) {
    starts->push_back(x + begin * s_.channels);
    direct_conv(conv, {starts->data(), s_.channels}, count, kernel, bias, out, step_);
    return;
  }
  const bool even = lines && s_.columns.output >= kEven;
  starts->resize(static_cast<size_t>(even ? runs : runs * count));
  for (int64_t at = begin; at < end;) {
    const int64_t row = at / s_.columns.output, column = at % s_.columns.output;
    const int64_t here = std::min(end - at, s_.columns.output - column);
    if (even) {
      fill_lines(row, column, x, starts->data());
      direct_conv(conv, {starts->data(), s_.columns.stride * s_.channels}, here, kernel, bias,
                  out + (at - begin) * step_, step_);
    } else {
      fill_starts(row, column, here, lines, x, starts->data() + (at - begin), count);
    }
    at += here;
  }
  if (!even) direct_conv(conv, {starts->data()}, count, kernel, bias, out, step_);
}

/// Of a result whose window's lines lie inside, where they begin; null for lines outside.
void DirectImages::fill_lines(int64_t row, int64_t column, const float* x, const float** starts) const {
  const int64_t image = row / s_.rows.output, first = s_.rows.first(row % s_.rows.output);
  for (int64_t i = 0; i < s_.rows.size; ++i) {
    const int64_t y = first + i * s_.rows.dilation;
    const bool outside = y < 0 || y >= s_.rows.input;
    const int64_t pixel = (image * s_.rows.input + y) * s_.columns.input + s_.columns.first(column);
    starts[i] = outside ? nullptr : x + pixel * s_.channels;
  }
}

/// Of `count` results of a row, where their runs begin; runs are `step` apart in `starts`.
void DirectImages::fill_starts(int64_t row, int64_t column, int64_t count, bool lines, const float* x,
                               const float** starts, int64_t step) const {
  const int64_t image = row / s_.rows.output, first = s_.rows.first(row % s_.rows.output);
  const int64_t stride = s_.columns.stride * s_.channels;
  for (int64_t i = 0; i < s_.rows.size; ++i) {
    const int64_t y = first + i * s_.rows.dilation;
    const float* const line = x + (image * s_.rows.input + y) * s_.columns.input * s_.channels;
    for (int64_t j = 0; j < (lines ? 1 : s_.columns.size); ++j, starts += step) {
      const int64_t from = s_.columns.first(column) + j * s_.columns.dilation;
      // The results [begin, end) have this pixel inside the image.
      int64_t begin = 0, end = y < 0 || y >= s_.rows.input ? 0 : count;
      while (begin < end && from + begin * s_.columns.stride < 0) ++begin;
      while (end > begin && from + (end - 1) * s_.columns.stride >= s_.columns.input) --end;
      std::fill(starts, starts + begin, zeros_.data());
      const float* at = line + (from + begin * s_.columns.stride) * s_.channels;
      for (int64_t k = begin; k < end; ++k, at += stride) starts[k] = at;
      std::fill(starts + end, starts + count, zeros_.data());
    }
  }
}

}  // namespace lamina::detail
