// Padding, lines of windows, and the tiles over them.
#include "lamina/ops/detail/double_conv.h"

#include <algorithm>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/ops/detail/double_tile.h"

namespace lamina::detail {
namespace {

constexpr int64_t kRows = DoubleTile::kRows, kColumns = DoubleTile::kColumns, kDepth = DoubleTile::kDepth;
constexpr int64_t kGrain = 1 << 14;

/// Numbers of a window that lie side by side in a padded image.
struct Line {
  int64_t at;     ///< behind the window's first number
  int64_t term;   ///< of the window, of the first number
  int64_t count;  ///< of numbers
};

/// The lines of a window, none longer than `longest`.
std::vector<Line> lines_of(const ConvShape& s, const PaddedImages& padded, int64_t longest) {
  const bool joined = s.columns.dilation == 1 && s.groups == 1;
  const int64_t pieces = joined ? 1 : s.columns.size,
                length = s.group_channels() * (joined ? s.columns.size : 1);
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

/// Lines of one length, of which a tile adds up the terms in one go.
struct Lines {
  int64_t term, depth;
  std::vector<int64_t> at;
};

std::vector<Lines> joined_lines(const ConvShape& s, const PaddedImages& padded) {
  std::vector<Lines> all;
  for (const Line& line : lines_of(s, padded, kDepth)) {
    const bool fits = !all.empty() && all.back().depth == line.count &&
                      static_cast<int64_t>(all.back().at.size() + 1) * line.count <= kDepth;
    if (!fits) all.push_back({line.term, line.count, {}});
    all.back().at.push_back(line.at);
  }
  return all;
}

int64_t terms(const ConvShape& s) { return s.rows.size * s.columns.size * s.group_channels(); }
int64_t pixels(const ConvShape& s) { return s.rows.output * s.columns.output; }

/// Panels of kColumns filters, each of one group, one group after the other.
struct FilterPanels {
  int64_t each, groups, group_filters;

  explicit FilterPanels(const ConvShape& s)
      : each(panels(s.group_filters(), kColumns)), groups(s.groups), group_filters(s.group_filters()) {}
  int64_t count() const { return each * groups; }
  /// Of panel `at`: its group, the first of its filters among all, and how many it has.
  int64_t group(int64_t at) const { return at / each; }
  int64_t filter(int64_t at) const { return group(at) * group_filters + at % each * kColumns; }
  int64_t inside(int64_t at) const { return std::min(kColumns, group_filters - at % each * kColumns); }
};

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

DoubleConv::DoubleConv(const ConvShape& s) : s_(s), padded_(s) {}

bool DoubleConv::takes(const ConvShape& s) {
  return (s.groups == 1 || s.group_filters() >= kColumns) && !PaddedImages::mostly_zeros(s);
}

bool DoubleConv::reverses(const ConvShape& s) {
  return s.group_channels() >= kColumns / 2 && s.rows.stride == 1 && s.columns.stride == 1 &&
         s.rows.before < s.rows.span() && s.columns.before < s.columns.span() &&
         !PaddedImages::mostly_zeros(reversed_shape(s));
}

DoubleConv DoubleConv::reversed(const ConvShape& s) {
  DoubleConv conv(reversed_shape(s));
  conv.reversed_ = true;
  return conv;
}

size_t DoubleConv::workspace() const {
  return bytes(padded_.memory() + FilterPanels(s_).count() * kColumns * terms(s_));
}

// Term by term.
void DoubleConv::pack(const double* kernel, double* to) const {
  const FilterPanels filters(s_);
  const int64_t depth = terms(s_), taps = s_.rows.size * s_.columns.size, channels = s_.group_channels();
  lamina::parallel_for(
      filters.count(), std::max<int64_t>(1, kGrain / (depth * kColumns)), [&](int64_t begin, int64_t end) {
        for (int64_t j = begin; j < end; ++j) {
          double* const panel = to + j * depth * kColumns;
          if (!reversed_) {
            pack_panel(kernel + filters.filter(j), filters.inside(j), depth, kColumns, s_.filters, 1, panel);
            continue;
          }
          // Filters and channels change places, and the last element of a window comes first.
          const double* const from =
              kernel + j % filters.each * kColumns * s_.channels + filters.group(j) * channels;
          for (int64_t tap = 0; tap < taps; ++tap)
            pack_panel(from + (taps - 1 - tap) * filters.group_filters * s_.channels, filters.inside(j),
                       channels, kColumns, 1, s_.channels, panel + tap * channels * kColumns);
        }
      });
}

void DoubleConv::run(const double* image, const double* kernel, double* out, double* workspace) const {
  double* const packed = workspace + padded_.memory();
  pack(kernel, packed);
  const std::vector<Lines> all = joined_lines(s_, padded_);
  const FilterPanels filters(s_);
  for (int64_t first = 0; first < s_.batch; first += padded_.at_once()) {
    const int64_t images = std::min(padded_.at_once(), s_.batch - first), results = images * pixels(s_);
    const double* const from = padded_.get(image, first, images, workspace);
    double* const to = out + first * pixels(s_) * s_.filters;
    for_each_piece(panels(results, kRows), filters.count(), terms(s_),
                   [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
                     int64_t windows[kMostTiles * kRows];
                     const int64_t inside = std::min((bottom - top) * kRows, results - top * kRows);
                     places_of(s_, padded_, top * kRows, inside, windows);
                     std::fill(windows + inside, windows + (bottom - top) * kRows, windows[inside - 1]);
                     for (const Lines& lines : all) {
                       for (int64_t j = left; j < right; ++j) {
                         const double* const channels = from + filters.group(j) * s_.group_channels();
                         const double* const panel = packed + (j * terms(s_) + lines.term) * kColumns;
                         for (int64_t i = top; i < bottom; ++i)
                           DoubleTile{channels,
                                      windows + (i - top) * kRows,
                                      1,
                                      panel,
                                      kColumns,
                                      lines.depth,
                                      lines.term > 0,
                                      static_cast<int64_t>(lines.at.size()),
                                      lines.at.data()}
                               .store(std::min(kRows, results - i * kRows), filters.inside(j),
                                      to + i * kRows * s_.filters + filters.filter(j), s_.filters);
                       }
                     }
                   });
  }
}

DoubleConvGradKernel::DoubleConvGradKernel(const ConvShape& s) : s_(s), padded_(s, pixels(s) * s.filters) {}

// Terms are gathered for each group: for few panels of filters that takes as long as their products.
bool DoubleConvGradKernel::takes(const ConvShape& s) {
  return (s.groups == 1 || s.group_filters() >= 3 * kColumns) && !PaddedImages::mostly_zeros(s);
}

size_t DoubleConvGradKernel::workspace() const {
  return bytes(padded_.memory() + padded_.at_once() * pixels(s_) * FilterPanels(s_).count() * kColumns);
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
  const FilterPanels filters(s_);
  for (int64_t first = 0; first < s_.batch; first += padded_.at_once()) {
    const int64_t images = std::min(padded_.at_once(), s_.batch - first), results = images * pixels(s_);
    const double* const from = padded_.get(image, first, images, workspace);
    for (int64_t group = 0; group < s_.groups; ++group)
      pack_panels(gradient + first * pixels(s_) * s_.filters + group * filters.group_filters,
                  filters.group_filters, results, kColumns, s_.filters, 1,
                  packed + group * filters.each * results * kColumns);
    for_each_piece(panels(left_side.count(), kRows), filters.count(), results,
                   [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
                     int64_t windows[kDepth];
                     double tiles[kTiles][kDepth * kRows];
                     for (int64_t result = 0; result < results; result += kDepth) {
                       const int64_t depth = std::min(kDepth, results - result);
                       places_of(s_, padded_, result, depth, windows);
                       for (int64_t some = top; some < bottom; some += kTiles) {
                         const int64_t end = std::min(bottom, some + kTiles);
                         for (int64_t j = left; j < right; ++j) {
                           if (j == left || filters.group(j) != filters.group(j - 1)) {
                             const double* const pixels = from + filters.group(j) * s_.group_channels();
                             for (int64_t i = some; i < end; ++i)
                               left_side.gather(pixels, windows, depth, i, tiles[i - some]);
                           }
                           for (int64_t i = some; i < end; ++i)
                             DoubleTile{tiles[i - some],
                                        DoubleTile::kSideBySide,
                                        kRows,
                                        packed + (j * results + result) * kColumns,
                                        kColumns,
                                        depth,
                                        first + result > 0}
                                 .store(std::min(kRows, left_side.count() - i * kRows), filters.inside(j),
                                        out + i * kRows * s_.filters + filters.filter(j), s_.filters);
                         }
                       }
                     }
                   });
  }
}

}  // namespace lamina::detail
