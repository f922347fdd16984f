// Where windows begin, and who computes which results.
#include "lamina/ops/detail/direct_images.h"

#include <algorithm>

#include "lamina/base/detail/lent_vector.h"
#include "lamina/base/threads.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/image_border.h"

namespace lamina::detail {
namespace {

/// Results that are computed together: their windows stay in the cache while all filters go over them.
constexpr int64_t kChunk = 48;
/// Chunks below which threads share the filters, too.
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

DirectImages::DirectImages(const ConvShape& shape, bool relu, int64_t block)
    : given_(shape),
      copies_(worth_a_copy(shape)),
      s_(copies_ ? with_border(shape) : shape),
      relu_(relu),
      block_(block),
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

/// Pieces of so many results that make up a grain.
int64_t DirectImages::grain(int64_t piece) const {
  return std::max<int64_t>(1, kGrain / (piece * s_.filters * s_.rows.size * s_.columns.size * s_.channels));
}

void DirectImages::run(const float* x, const float* kernel, const float* bias, float* out) const {
  if (pixels_ && !one_line_) return run_pixels(x, kernel, bias, out);
  if (by_rows_) {
    const int64_t size = s_.columns.output * s_.filters;
    lamina::parallel_for(s_.batch * s_.rows.output, grain(s_.columns.output), [&](int64_t first, int64_t last) {
      rows(x, kernel, bias, out + first * size, first, last);
    });
    return;
  }
  const int64_t chunks = (results() + kChunk - 1) / kChunk, blocks = s_.filters / block_;
  const int64_t splits = chunks < kFewChunks ? blocks : 1, filters = s_.filters / splits;
  lamina::parallel_for(chunks * splits, grain(kChunk) * splits, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t chunk = i / splits * kChunk, first = i % splits * filters;
      range(chunk, std::min(results(), chunk + kChunk), inside_, x,
            kernel + first * s_.rows.size * s_.columns.size * s_.channels, bias ? bias + first : nullptr,
            out + chunk * s_.filters + first, filters);
    }
  });
}

/// Row by row what lies inside; a few filters at a time, whose part of the kernel stays in the cache for all rows.
void DirectImages::run_pixels(const float* x, const float* kernel, const float* bias, float* out) const {
  constexpr int64_t kFilters = 64;
  const bool blocks = block_ < s_.filters;
  const int64_t width = std::min(blocks ? block_ : kFilters, s_.filters), panels = (s_.filters + width - 1) / width;
  const int64_t rows = s_.batch * s_.rows.output;
  // The results [begin, end) of a row lie inside.
  const int64_t begin = std::clamp<int64_t>(s_.columns.before, 0, s_.columns.output),
                end = std::clamp(s_.columns.before + s_.columns.input, begin, s_.columns.output);
  lamina::parallel_for(rows * panels, grain(s_.columns.output) * panels, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const int64_t filter = i / rows * width, image = i % rows / s_.rows.output;
      const int64_t y = s_.rows.first(i % s_.rows.output), count = std::min(width, s_.filters - filter);
      const bool outside = y < 0 || y >= s_.rows.input;
      float* const to = out + i % rows * s_.columns.output * s_.filters + filter;
      const DirectConv conv{1, s_.channels, count, blocks ? count : s_.filters, relu_};
      const float* const of = kernel + (blocks ? filter * s_.channels : filter);
      const float* const added = bias ? bias + filter : nullptr;
      // No lines of the kernel are left where the only one is outside.
      const auto part = [&](int64_t from, int64_t until, const float* start) {
        if (from < until) direct_conv(conv, {&start, s_.channels}, until - from, of, added, to + from * s_.filters, s_.filters);
      };
      if (outside) {
        part(0, s_.columns.output, nullptr);
        continue;
      }
      part(0, begin, nullptr);
      part(begin, end, x + ((image * s_.rows.input + y) * s_.columns.input + begin - s_.columns.before) * s_.channels);
      part(end, s_.columns.output, nullptr);
    }
  });
}

void DirectImages::rows(const float* x, const float* kernel, const float* bias, float* out, int64_t first,
                        int64_t last) const {
  const int64_t width = s_.columns.output;
  if (by_rows_) {
    for (int64_t i = first; i < last; ++i, out += width * s_.filters) row(i, x, kernel, bias, out);
    return;
  }
  for (int64_t at = first * width; at < last * width; at += kChunk, out += kChunk * s_.filters)
    range(at, std::min(last * width, at + kChunk), inside_, x, kernel, bias, out, s_.filters);
}

/// One row of results: what lies at the margins apart from what is between them.
void DirectImages::row(int64_t row, const float* x, const float* kernel, const float* bias, float* out) const {
  const int64_t first = row * s_.columns.output;
  const auto part = [&](int64_t begin, int64_t end, bool lines) {
    for (; begin < end; begin += kChunk)
      range(first + begin, first + std::min(end, begin + kChunk), lines, x, kernel, bias,
            out + begin * s_.filters, s_.filters);
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
    direct_conv(conv, {starts->data(), s_.channels}, count, kernel, bias, out, s_.filters);
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
                  out + (at - begin) * s_.filters, s_.filters);
    } else {
      fill_starts(row, column, here, lines, x, starts->data() + (at - begin), count);
    }
    at += here;
  }
  if (!even) direct_conv(conv, {starts->data()}, count, kernel, bias, out, s_.filters);
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
