// Tiles from pixels to results, and who computes which.
#include "lamina/ops/detail/winograd_tiles.h"

#include <algorithm>
#include <array>

#include "lamina/base/threads.h"
#include "lamina/ops/detail/lent_numbers.h"
#include "lamina/ops/detail/winograd.h"

namespace lamina::detail {
namespace {

/// Filters that are brought to the points at once, and lie together in the kernel where they divide it. Of the last ones
/// there are up to three more, since there must be four.
constexpr int64_t kPanelFilters = 32;
constexpr int64_t kFewestPanelFilters = 4;
constexpr int64_t kMostPanelFilters = kPanelFilters + kFewestPanelFilters - 1;
/// Tiles that go through all filters of a piece of work, and how many of them are multiplied at once.
constexpr int64_t kTilesOfPiece = 52;
constexpr int64_t kTilesTogether = 12;
/// Multiplications that a thread is worth waking for.
constexpr int64_t kWinogradGrain = 1 << 18;
/// Channels up to which what a piece of work reads and writes fits into the second cache.
constexpr int64_t kMostTileChannels = 128;

/// The tiles of an axis, by their first results: those of a tile lie as far apart as the elements of a window.
std::vector<int64_t> tiles_along(const Window& window) {
  std::vector<int64_t> first;
  for (int64_t i = 0; i < std::min(window.dilation, window.output); ++i) {
    for (int64_t at = i; at < window.output; at += kWinogradResults * window.dilation) first.push_back(at);
  }
  return first;
}

/// Results of a tile that begins with `first`.
int64_t results_along(const Window& window, int64_t first) {
  return std::min(kWinogradResults, (window.output - first + window.dilation - 1) / window.dilation);
}

/// How many filters lie together in a kernel.
int64_t panel_filters(int64_t filters) { return filters % kPanelFilters == 0 ? kPanelFilters : filters; }

// What numbers of a thread are for.
struct TilePixels {};
struct TileFilters {};
struct TileProducts {};
struct TilePatch {};

}  // namespace

// All elements of a window side by side, since all are read at once.
Layout winograd_kernel_layout(int64_t filters) { return {{3, 2, 0, 1}, {{3, static_cast<int>(panel_filters(filters))}}}; }

std::optional<std::string> winograd_refuses(const ConvShape& s) {
  for (const Window* window : {&s.rows, &s.columns}) {
    if (window->size != 3 || window->stride != 1) return "only for windows of 3 by 3 pixels without strides";
    if (window->dilation >= window->output) return "only for windows that overlap";
  }
  if (s.groups != 1) return "only for one group";
  if (s.channels < 8 || s.filters < 8 || s.channels > kMostTileChannels)
    return "only for 8 channels and filters and more, and up to " + std::to_string(kMostTileChannels) + " channels";
  // To bring filters to the points takes as long as a few tiles.
  const auto tiles = static_cast<int64_t>(tiles_along(s.rows).size() * tiles_along(s.columns).size()) + 5;
  if (tiles * kWinogradPoints > s.rows.output * s.columns.output * 7) return "images are too small for tiles of 4 by 4 to pay";
  return std::nullopt;
}

WinogradTiles::WinogradTiles(const ConvShape& shape, bool relu, bool in_order, int64_t step)
    : s_(shape),
      relu_(relu),
      block_(in_order ? panel_filters(s_.filters) : s_.filters),
      tap_(in_order ? block_ : s_.channels * block_),
      line_(in_order ? 9 * block_ : block_),
      step_(step > 0 ? step : s_.filters),
      down_(tiles_along(s_.rows)),
      across_(tiles_along(s_.columns)),
      tiles_(s_.batch * static_cast<int64_t>(down_.size() * across_.size())),
      chunks_((tiles_ + kTilesOfPiece - 1) / kTilesOfPiece),
      chunk_((tiles_ + chunks_ - 1) / chunks_),
      panels_((s_.filters + kPanelFilters - kFewestPanelFilters) / kPanelFilters) {}

int64_t WinogradTiles::work() const { return tiles_ * kWinogradPoints * s_.channels * s_.filters; }

// Threads share the filters where there are few tiles: each brings the pixels to the points then.
int64_t WinogradTiles::shares(int64_t threads) const {
  return std::clamp<int64_t>((threads + chunks_ - 1) / chunks_, 1, panels_);
}

void WinogradTiles::piece(const Operands& of, int64_t i, int64_t shares) const {
  const int64_t first = i / shares * chunk_, share = i % shares;
  tiles(of, first, std::min(chunk_, tiles_ - first), panels_ * share / shares, panels_ * (share + 1) / shares);
}

void WinogradTiles::run(const Operands& of) const {
  const int64_t all = shares(std::min<int64_t>(num_threads(), std::max<int64_t>(1, work() / kWinogradGrain))), count = pieces(all);
  lamina::parallel_for(count, std::max<int64_t>(1, kWinogradGrain / std::max<int64_t>(1, work() / count)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) piece(of, i, all);
  });
}

WinogradTiles::Place WinogradTiles::place(int64_t tile) const {
  const auto across = static_cast<int64_t>(across_.size()), down = static_cast<int64_t>(down_.size());
  return {tile / (down * across), down_[static_cast<size_t>(tile / across % down)],
          across_[static_cast<size_t>(tile % across)]};
}

/// Where the filters from `filter` on begin in the kernel.
const float* WinogradTiles::filters_at(const float* kernel, int64_t filter) const {
  return kernel + filter / block_ * block_ * 9 * s_.channels + filter % block_;
}

/// `count` tiles from `first` on, and the panels [begin, end) of filters.
void WinogradTiles::tiles(const Operands& of, int64_t first, int64_t count, int64_t begin, int64_t end) const {
  constexpr int64_t points = kWinogradPoints;
  const int64_t most = points * winograd_step(kTilesTogether * s_.channels);
  LentNumbers<TilePixels> ready((count + kTilesTogether - 1) / kTilesTogether * most);
  LentNumbers<TileFilters> filters(points * winograd_step(s_.channels * kMostPanelFilters));
  LentNumbers<TileProducts> products(points * winograd_step(kTilesTogether * kMostPanelFilters));
  // Of the tiles that are multiplied at once, all channels at a point lie together.
  for (int64_t at = 0; at < count; at += kTilesTogether) {
    const int64_t together = std::min(kTilesTogether, count - at), step = winograd_step(together * s_.channels);
    float* const to = ready.data() + at / kTilesTogether * most;
    for (int64_t i = 0; i < together; ++i) pixels(of.x, place(first + at + i), to + i * s_.channels, step);
  }
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t filter = panel * kPanelFilters, width = panel + 1 < panels_ ? kPanelFilters : s_.filters - filter;
    winograd_filters(filters_at(of.kernel, filter), tap_, line_, s_.channels, width, filters.data());
    for (int64_t at = 0; at < count; at += kTilesTogether) {
      const int64_t together = std::min(kTilesTogether, count - at);
      winograd_products(ready.data() + at / kTilesTogether * most, filters.data(), together, s_.channels, width,
                        products.data());
      for (int64_t i = 0; i < together; ++i)
        results(of, place(first + at + i), filter, width, products.data() + i * width, winograd_step(together * width));
    }
  }
}

void WinogradTiles::pixels(const float* x, const Place& at, float* ready, int64_t step) const {
  const int64_t top = s_.rows.first(at.row), left = s_.columns.first(at.column);
  const int64_t down = s_.rows.dilation, across = s_.columns.dilation;
  const int64_t line = s_.columns.input * s_.channels;
  const float* const image = x + at.image * s_.rows.input * line;
  const auto inside = [](const Window& w, int64_t first) {
    return first >= 0 && first + (kWinogradPixels - 1) * w.dilation < w.input;
  };
  if (inside(s_.rows, top) && inside(s_.columns, left)) {
    winograd_pixels(image + top * line + left * s_.channels, line * down, s_.channels * across, s_.channels,
                    ready, step);
    return;
  }
  LentNumbers<TilePatch> patch(kWinogradPoints * s_.channels);
  float* to = patch.data();
  for (int64_t i = 0; i < kWinogradPixels; ++i) {
    const int64_t y = top + i * down;
    const bool outside = y < 0 || y >= s_.rows.input;
    for (int64_t j = 0; j < kWinogradPixels; ++j, to += s_.channels) {
      const int64_t column = left + j * across;
      if (outside || column < 0 || column >= s_.columns.input)
        std::fill_n(to, s_.channels, 0.0f);
      else
        std::copy_n(image + y * line + column * s_.channels, s_.channels, to);
    }
  }
  winograd_pixels(patch.data(), kWinogradPixels * s_.channels, s_.channels, s_.channels, ready, step);
}

void WinogradTiles::results(const Operands& of, const Place& at, int64_t filter, int64_t width, const float* products,
                            int64_t step) const {
  const int64_t line = s_.columns.output * step_;
  float* const out = of.out + (at.image * s_.rows.output + at.row) * line + at.column * step_ + filter;
  const int64_t down = line * s_.rows.dilation, across = step_ * s_.columns.dilation;
  const int64_t rows = results_along(s_.rows, at.row), columns = results_along(s_.columns, at.column);
  const float* const bias = of.bias ? of.bias + filter : nullptr;
  if (winograd_results({bias, relu_, out, down, across, rows, columns}, products, step, width)) return;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j)
      by_definition(of, {at.image, at.row + i * s_.rows.dilation, at.column + j * s_.columns.dilation}, filter, width,
                    out + i * down + j * across);
  }
}

/// One pixel of results where not all is finite: each has what its own window gives it.
void WinogradTiles::by_definition(const Operands& of, const Place& at, int64_t filter, int64_t width, float* out) const {
  std::array<float, kMostPanelFilters> sums{};
  if (of.bias) std::copy_n(of.bias + filter, width, sums.begin());
  for (int64_t i = s_.rows.begin(at.row); i < s_.rows.end(at.row); ++i) {
    for (int64_t j = s_.columns.begin(at.column); j < s_.columns.end(at.column); ++j) {
      const int64_t y = s_.rows.first(at.row) + i * s_.rows.dilation,
                    column = s_.columns.first(at.column) + j * s_.columns.dilation;
      const float* const pixel = of.x + ((at.image * s_.rows.input + y) * s_.columns.input + column) * s_.channels;
      const float* line = filters_at(of.kernel, filter) + (i * 3 + j) * tap_;
      for (int64_t c = 0; c < s_.channels; ++c, line += line_) {
        for (int64_t f = 0; f < width; ++f) sums[static_cast<size_t>(f)] += pixel[c] * line[f];
      }
    }
  }
  for (int64_t f = 0; f < width; ++f) {
    const float value = sums[static_cast<size_t>(f)];
    out[f] = relu_ && value < 0 ? 0.0f : value;
  }
}

}  // namespace lamina::detail
