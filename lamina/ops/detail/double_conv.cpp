// Padding, lines of windows, and the tiles over them.
#include "lamina/ops/detail/double_conv.h"

#include <algorithm>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/ops/detail/double_tile.h"

namespace lamina::detail {
namespace {

constexpr int64_t kRows = DoubleTile::kRows, kColumns = DoubleTile::kColumns, kDepth = DoubleTile::kDepth;
/// Numbers of padded images that are there at once, unless one image has more.
constexpr int64_t kAtOnce = 1 << 19;
constexpr int64_t kGrain = 1 << 14;

/// Numbers of a window that lie side by side in a padded image.
struct Line {
  int64_t at;     ///< behind the window's first number
  int64_t term;   ///< of the window, of the first number
  int64_t count;  ///< of numbers
};

/// The lines of a window, none longer than `longest`.
std::vector<Line> lines_of(const ConvShape& s, const PaddedImages& padded, int64_t longest) {
  const bool joined = s.columns.dilation == 1;
  const int64_t pieces = joined ? 1 : s.columns.size,
                length = joined ? s.columns.size * s.channels : s.channels;
  std::vector<Line> lines;
  for (int64_t i = 0; i < s.rows.size; ++i) {
    for (int64_t j = 0; j < pieces; ++j) {
      const int64_t at = i * s.rows.dilation * padded.row() + j * s.columns.dilation * s.channels;
      const int64_t term = (i * pieces + j) * length;
      for (int64_t from = 0; from < length; from += longest)
        lines.push_back({at + from, term + from, std::min(longest, length - from)});
    }
  }
  return lines;
}

int64_t terms(const ConvShape& s) { return s.rows.size * s.columns.size * s.channels; }
int64_t pixels(const ConvShape& s) { return s.rows.output * s.columns.output; }

/// Where the windows of results [first, first + count) begin, behind the first number of padded images.
void places_of(const ConvShape& s, const PaddedImages& padded, int64_t first, int64_t count,
               int64_t* places) {
  int64_t x = first % s.columns.output, y = first / s.columns.output % s.rows.output, n = first / pixels(s);
  for (int64_t i = 0; i < count; ++i) {
    places[i] = n * padded.image() + y * s.rows.stride * padded.row() + x * s.columns.stride * s.channels;
    if (++x < s.columns.output) continue;
    x = 0;
    if (++y < s.rows.output) continue;
    y = 0;
    ++n;
  }
}

/// Elements that windows along one axis reach, from the first one's first.
int64_t reach(const Window& w) { return (w.output - 1) * w.stride + w.span(); }

/// The windows of a gradient of the image: one for each of its elements, on the results.
Window reversed_window(const Window& w) {
  return {.input = w.output,
          .output = w.input,
          .size = w.size,
          .stride = 1,
          .dilation = w.dilation,
          .before = w.span() - 1 - w.before};
}

ConvShape reversed_shape(const ConvShape& s) {
  return {s.batch, s.filters, s.channels, s.groups, reversed_window(s.rows), reversed_window(s.columns)};
}

size_t bytes(int64_t numbers) { return static_cast<size_t>(numbers) * sizeof(double); }

}  // namespace

PaddedImages::PaddedImages(const ConvShape& s, int64_t numbers) : s_(s) {
  copies_ = s.rows.before != 0 || s.columns.before != 0 || s.rows.after() > 0 || s.columns.after() > 0;
  row_ = (copies_ ? reach(s.columns) : s.columns.input) * s.channels;
  image_ = (copies_ ? reach(s.rows) : s.rows.input) * row_;
  const int64_t wanted = std::max(copies_ ? image_ : 0, numbers);
  at_once_ = wanted == 0 ? s.batch : std::clamp<int64_t>(kAtOnce / wanted, 1, s.batch);
}

bool PaddedImages::mostly_zeros(const ConvShape& s) {
  constexpr double kTimes = 16, kFew = 1 << 20;
  const auto share = [](const Window& w) { return static_cast<double>(reach(w)); };
  const double padded = share(s.rows) * share(s.columns) * static_cast<double>(s.channels);
  return padded > std::max(kFew, kTimes * static_cast<double>(s.rows.input * s.columns.input * s.channels));
}

const double* PaddedImages::get(const double* images, int64_t first, int64_t count, double* memory) const {
  const int64_t height = s_.rows.input, width = s_.columns.input * s_.channels;
  images += first * height * width;
  if (!copies_) return images;
  const int64_t rows = image_ / row_, left = std::min(row_, s_.columns.before * s_.channels);
  const int64_t inside = std::clamp<int64_t>(row_ - left, 0, width);
  lamina::parallel_for(count * rows, std::max<int64_t>(1, kGrain / row_), [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t n = at / rows, y = at % rows - s_.rows.before;
      double* const to = memory + at * row_;
      if (y < 0 || y >= height) {
        std::fill_n(to, row_, 0.0);
        continue;
      }
      std::fill_n(to, left, 0.0);
      std::copy_n(images + (n * height + y) * width, inside, to + left);
      std::fill(to + left + inside, to + row_, 0.0);
    }
  });
  return memory;
}

DoubleConv::DoubleConv(const ConvShape& s) : s_(s), padded_(s) {}

bool DoubleConv::reverses(const ConvShape& s) {
  return s.channels >= kColumns / 2 && s.rows.stride == 1 && s.columns.stride == 1 &&
         s.rows.before < s.rows.span() && s.columns.before < s.columns.span() &&
         !PaddedImages::mostly_zeros(reversed_shape(s));
}

DoubleConv DoubleConv::reversed(const ConvShape& s) {
  DoubleConv conv(reversed_shape(s));
  conv.reversed_ = true;
  return conv;
}

size_t DoubleConv::workspace() const {
  return bytes(padded_.memory() + panels(s_.filters, kColumns) * kColumns * terms(s_));
}

// Panels of kColumns filters, term by term.
void DoubleConv::pack(const double* kernel, double* to) const {
  const int64_t depth = terms(s_);
  if (!reversed_) return pack_panels(kernel, s_.filters, depth, kColumns, s_.filters, 1, to);
  // Filters and channels change places, and the last element of a window comes first.
  const int64_t taps = s_.rows.size * s_.columns.size, each = s_.channels * s_.filters;
  lamina::parallel_for(
      panels(s_.filters, kColumns), std::max<int64_t>(1, kGrain / (depth * kColumns)),
      [&](int64_t begin, int64_t end) {
        for (int64_t panel = begin; panel < end; ++panel) {
          const int64_t filter = panel * kColumns, inside = std::min(kColumns, s_.filters - filter);
          for (int64_t tap = 0; tap < taps; ++tap)
            pack_panel(kernel + (taps - 1 - tap) * each + filter * s_.channels, inside, s_.channels, kColumns,
                       1, s_.channels, to + (panel * depth + tap * s_.channels) * kColumns);
        }
      });
}

void DoubleConv::run(const double* image, const double* kernel, double* out, double* workspace) const {
  double* const packed = workspace + padded_.memory();
  pack(kernel, packed);
  const std::vector<Line> lines = lines_of(s_, padded_, kDepth);
  for (int64_t first = 0; first < s_.batch; first += padded_.at_once()) {
    const int64_t images = std::min(padded_.at_once(), s_.batch - first), results = images * pixels(s_);
    const double* const from = padded_.get(image, first, images, workspace);
    double* const to = out + first * pixels(s_) * s_.filters;
    for_each_piece(panels(results, kRows), panels(s_.filters, kColumns), terms(s_),
                   [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
                     int64_t windows[kMostTiles * kRows];
                     const int64_t inside = std::min((bottom - top) * kRows, results - top * kRows);
                     places_of(s_, padded_, top * kRows, inside, windows);
                     std::fill(windows + inside, windows + (bottom - top) * kRows, windows[inside - 1]);
                     for (const Line& line : lines) {
                       for (int64_t j = left; j < right; ++j) {
                         const double* const panel = packed + (j * terms(s_) + line.term) * kColumns;
                         for (int64_t i = top; i < bottom; ++i)
                           DoubleTile{
                               from + line.at, windows + (i - top) * kRows, 1, panel, kColumns, line.count,
                               line.term > 0}
                               .store(std::min(kRows, results - i * kRows),
                                      std::min(kColumns, s_.filters - j * kColumns),
                                      to + i * kRows * s_.filters + j * kColumns, s_.filters);
                       }
                     }
                   });
  }
}

DoubleConvGradKernel::DoubleConvGradKernel(const ConvShape& s) : s_(s), padded_(s, pixels(s) * s.filters) {}

size_t DoubleConvGradKernel::workspace() const {
  return bytes(padded_.memory() + padded_.at_once() * pixels(s_) * panels(s_.filters, kColumns) * kColumns);
}

namespace {

/// Terms of windows side by side, for kDepth windows at a time: the left side of the gradient of a kernel.
struct Terms {
  std::vector<int64_t> at;  ///< where each lies behind the first of its window

  Terms(const ConvShape& s, const PaddedImages& padded) {
    for (const Line& line : lines_of(s, padded, terms(s))) {
      for (int64_t i = 0; i < line.count; ++i) at.push_back(line.at + i);
    }
  }

  int64_t count() const { return static_cast<int64_t>(at.size()); }

  /// Tile `tile` of the windows that begin at image + windows[i]; terms that there are not are what the last
  /// one is.
  void gather(const double* image, const int64_t* windows, int64_t depth, int64_t tile, double* to) const {
    int64_t places[kRows];
    for (int64_t i = 0; i < kRows; ++i)
      places[i] = at[static_cast<size_t>(std::min(count() - 1, tile * kRows + i))];
    if (places[kRows - 1] == places[0] + kRows - 1) {
      for (int64_t k = 0; k < depth; ++k) std::copy_n(image + windows[k] + places[0], kRows, to + k * kRows);
      return;
    }
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t i = 0; i < kRows; ++i) to[k * kRows + i] = image[windows[k] + places[i]];
    }
  }
};

}  // namespace

void DoubleConvGradKernel::run(const double* image, const double* gradient, double* out,
                               double* workspace) const {
  constexpr int64_t kTiles = 4;  // that are gathered before they meet the panels on the right
  double* const packed = workspace + padded_.memory();
  const Terms left_side(s_, padded_);
  for (int64_t first = 0; first < s_.batch; first += padded_.at_once()) {
    const int64_t images = std::min(padded_.at_once(), s_.batch - first), results = images * pixels(s_);
    const double* const from = padded_.get(image, first, images, workspace);
    pack_panels(gradient + first * pixels(s_) * s_.filters, s_.filters, results, kColumns, s_.filters, 1,
                packed);
    for_each_piece(panels(left_side.count(), kRows), panels(s_.filters, kColumns), results,
                   [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
                     int64_t windows[kDepth];
                     double tiles[kTiles][kDepth * kRows];
                     for (int64_t result = 0; result < results; result += kDepth) {
                       const int64_t depth = std::min(kDepth, results - result);
                       places_of(s_, padded_, result, depth, windows);
                       for (int64_t some = top; some < bottom; some += kTiles) {
                         const int64_t end = std::min(bottom, some + kTiles);
                         for (int64_t i = some; i < end; ++i)
                           left_side.gather(from, windows, depth, i, tiles[i - some]);
                         for (int64_t j = left; j < right; ++j) {
                           for (int64_t i = some; i < end; ++i)
                             DoubleTile{tiles[i - some],
                                        DoubleTile::kSideBySide,
                                        kRows,
                                        packed + (j * results + result) * kColumns,
                                        kColumns,
                                        depth,
                                        first + result > 0}
                                 .store(std::min(kRows, left_side.count() - i * kRows),
                                        std::min(kColumns, s_.filters - j * kColumns),
                                        out + i * kRows * s_.filters + j * kColumns, s_.filters);
                         }
                       }
                     }
                   });
  }
}

}  // namespace lamina::detail
