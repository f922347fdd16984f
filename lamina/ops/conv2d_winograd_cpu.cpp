// Convolutions of networks that only predict by Winograd's algorithm: tiles of 4 by 4 results, some of them at a time from
// pixels to results, and filters from the kernel to the points, so that what lies between never leaves the second cache.
#include <algorithm>
#include <array>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/float32_operands.h"
#include "lamina/ops/detail/lent_numbers.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/detail/winograd.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::kWinogradPixels;
using detail::kWinogradPoints;
using detail::kWinogradResults;

/// Filters that are brought to the points at once, and lie together in the kernel where they divide it. Of the last ones
/// there are up to three more, since there must be four.
constexpr int64_t kPanel = 32;
constexpr int64_t kFewestFilters = 4;
constexpr int64_t kMostFilters = kPanel + kFewestFilters - 1;
/// Tiles that go through all filters of a piece of work, and how many of them are multiplied at once.
constexpr int64_t kChunk = 52;
constexpr int64_t kTogether = 12;
/// Multiplications that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 18;
/// Channels up to which what a piece of work reads and writes fits into the second cache.
constexpr int64_t kMostChannels = 128;

/// The tiles of an axis, by their first results: those of a tile lie as far apart as the elements of a window.
std::vector<int64_t> tiles_of(const detail::Window& window) {
  std::vector<int64_t> first;
  for (int64_t i = 0; i < std::min(window.dilation, window.output); ++i) {
    for (int64_t at = i; at < window.output; at += kWinogradResults * window.dilation) first.push_back(at);
  }
  return first;
}

/// Results of a tile that begins with `first`.
int64_t results_of(const detail::Window& window, int64_t first) {
  return std::min(kWinogradResults, (window.output - first + window.dilation - 1) / window.dilation);
}

/// How many filters lie together in a kernel.
int64_t panel_of(int64_t filters) { return filters % kPanel == 0 ? kPanel : filters; }

/// All elements of a window side by side, since all are read at once.
Layout kernel_layout(int64_t filters) { return {{3, 2, 0, 1}, {{3, static_cast<int>(panel_of(filters))}}}; }

struct Pixels {};
struct Filters {};
struct Products {};
struct Patch {};

class Tiles {
 public:
  /// @param in_order  whether the kernel lies as kernel_layout() says, and not row-major
  Tiles(const ConvShape& shape, bool relu, bool in_order)
      : s_(shape),
        relu_(relu),
        block_(in_order ? panel_of(s_.filters) : s_.filters),
        tap_(in_order ? block_ : s_.channels * block_),
        line_(in_order ? 9 * block_ : block_),
        down_(tiles_of(s_.rows)),
        across_(tiles_of(s_.columns)),
        tiles_(s_.batch * static_cast<int64_t>(down_.size() * across_.size())),
        chunks_((tiles_ + kChunk - 1) / kChunk),
        chunk_((tiles_ + chunks_ - 1) / chunks_),
        panels_((s_.filters + kPanel - kFewestFilters) / kPanel) {}

  void run(const float* x, const float* kernel, const float* bias, float* out) const {
    const Operands operands{x, kernel, bias, out};
    const int64_t work = tiles_ * kWinogradPoints * s_.channels * s_.filters;
    // Threads share the filters where there are few tiles: each brings the pixels to the points then.
    const int64_t threads = std::min<int64_t>(num_threads(), std::max<int64_t>(1, work / kGrain));
    const int64_t groups = std::clamp<int64_t>((threads + chunks_ - 1) / chunks_, 1, panels_);
    const int64_t pieces = chunks_ * groups;
    parallel_for(pieces, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, work / pieces)), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i / groups * chunk_, group = i % groups;
        piece(operands, first, std::min(chunk_, tiles_ - first), panels_ * group / groups, panels_ * (group + 1) / groups);
      }
    });
  }

 private:
  struct Operands {
    const float *x, *kernel, *bias;
    float* out;
  };
  /// Where a tile's results begin.
  struct Place {
    int64_t image, row, column;
  };
  Place place(int64_t tile) const {
    const auto across = static_cast<int64_t>(across_.size()), down = static_cast<int64_t>(down_.size());
    return {tile / (down * across), down_[static_cast<size_t>(tile / across % down)],
            across_[static_cast<size_t>(tile % across)]};
  }

  /// Where the filters from `filter` on begin in the kernel.
  const float* filters_at(const float* kernel, int64_t filter) const {
    return kernel + filter / block_ * block_ * 9 * s_.channels + filter % block_;
  }

  /// `count` tiles from `first` on, and the panels [begin, end) of filters.
  void piece(const Operands& of, int64_t first, int64_t count, int64_t begin, int64_t end) const {
    using detail::winograd_step;
    constexpr int64_t points = kWinogradPoints;
    const int64_t most = points * winograd_step(kTogether * s_.channels);
    detail::LentNumbers<Pixels> ready((count + kTogether - 1) / kTogether * most);
    detail::LentNumbers<Filters> filters(points * winograd_step(s_.channels * kMostFilters));
    detail::LentNumbers<Products> products(points * winograd_step(kTogether * kMostFilters));
    // Of the tiles that are multiplied at once, all channels at a point lie together.
    for (int64_t at = 0; at < count; at += kTogether) {
      const int64_t together = std::min(kTogether, count - at), step = winograd_step(together * s_.channels);
      float* const to = ready.data() + at / kTogether * most;
      for (int64_t i = 0; i < together; ++i) pixels(of.x, place(first + at + i), to + i * s_.channels, step);
    }
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t filter = panel * kPanel, width = panel + 1 < panels_ ? kPanel : s_.filters - filter;
      detail::winograd_filters(filters_at(of.kernel, filter), tap_, line_, s_.channels, width, filters.data());
      for (int64_t at = 0; at < count; at += kTogether) {
        const int64_t together = std::min(kTogether, count - at);
        detail::winograd_products(ready.data() + at / kTogether * most, filters.data(), together, s_.channels, width,
                                  products.data());
        for (int64_t i = 0; i < together; ++i)
          results(of, place(first + at + i), filter, width, products.data() + i * width, winograd_step(together * width));
      }
    }
  }

  void pixels(const float* x, const Place& at, float* ready, int64_t step) const {
    const int64_t top = s_.rows.first(at.row), left = s_.columns.first(at.column);
    const int64_t down = s_.rows.dilation, across = s_.columns.dilation;
    const int64_t line = s_.columns.input * s_.channels;
    const float* const image = x + at.image * s_.rows.input * line;
    const auto inside = [](const detail::Window& w, int64_t first) {
      return first >= 0 && first + (kWinogradPixels - 1) * w.dilation < w.input;
    };
    if (inside(s_.rows, top) && inside(s_.columns, left)) {
      detail::winograd_pixels(image + top * line + left * s_.channels, line * down, s_.channels * across, s_.channels,
                              ready, step);
      return;
    }
    detail::LentNumbers<Patch> patch(kWinogradPoints * s_.channels);
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
    detail::winograd_pixels(patch.data(), kWinogradPixels * s_.channels, s_.channels, s_.channels, ready, step);
  }

  void results(const Operands& of, const Place& at, int64_t filter, int64_t width, const float* products,
               int64_t step) const {
    const int64_t line = s_.columns.output * s_.filters;
    float* const out = of.out + (at.image * s_.rows.output + at.row) * line + at.column * s_.filters + filter;
    const int64_t down = line * s_.rows.dilation, across = s_.filters * s_.columns.dilation;
    const int64_t rows = results_of(s_.rows, at.row), columns = results_of(s_.columns, at.column);
    const float* const bias = of.bias ? of.bias + filter : nullptr;
    if (detail::winograd_results({bias, relu_, out, down, across, rows, columns}, products, step, width)) return;
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j)
        by_definition(of, {at.image, at.row + i * s_.rows.dilation, at.column + j * s_.columns.dilation}, filter, width,
                      out + i * down + j * across);
    }
  }

  /// One pixel of results where not all is finite: each has what its own window gives it.
  void by_definition(const Operands& of, const Place& at, int64_t filter, int64_t width, float* out) const {
    std::array<float, kMostFilters> sums{};
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

  const ConvShape s_;
  const bool relu_;
  const int64_t block_, tap_, line_;  // of the kernel: filters that lie together, elements and channels of theirs
  const std::vector<int64_t> down_, across_;
  const int64_t tiles_, chunks_, chunk_, panels_;
};

ConvShape shape_of(const KernelDesc& desc) {
  return detail::conv_shape(detail::forward_attrs(desc), desc.inputs[0].type.shape, desc.inputs[1].type.shape);
}

/// By the sizes of one image, so that the bits do not depend on how many there are.
std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  if (!desc.inputs[0].layout.row_major() || !desc.outputs[0].layout.row_major()) return "only for channels last";
  const ConvShape s = shape_of(desc);
  for (const detail::Window* window : {&s.rows, &s.columns}) {
    if (window->size != 3 || window->stride != 1) return "only for windows of 3 by 3 pixels without strides";
    if (window->dilation >= window->output) return "only for windows that overlap";
  }
  if (s.groups != 1) return "only for one group";
  if (s.channels < 8 || s.filters < 8 || s.channels > kMostChannels)
    return "only for 8 channels and filters and more, and up to " + std::to_string(kMostChannels) + " channels";
  // To bring filters to the points takes as long as a few tiles.
  const auto tiles = static_cast<int64_t>(tiles_of(s.rows).size() * tiles_of(s.columns).size()) + 5;
  if (tiles * kWinogradPoints > s.rows.output * s.columns.output * 7) return "images are too small for tiles of 4 by 4 to pay";
  const Layout& kernel = desc.inputs[1].layout;
  if (!(kernel.row_major() && desc.inputs[1].steady) && kernel != kernel_layout(s.filters))
    return "only for kernels that stay as they are";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const bool fused = desc.op.name == "conv2d_bias_act";
  const bool relu = fused && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const ConvShape s = shape_of(desc);
  const auto tiles = std::make_shared<const Tiles>(s, relu, !desc.inputs[1].layout.row_major());
  return make_kernel([=](const KernelArgs& args) {
    tiles->run(args.input<float>(0), args.input<float>(1), fused ? args.input<float>(2) : nullptr, args.output<float>(0));
  });
}

std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[1] = kernel_layout(shape_of(desc).filters);
  return wish;
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "winograd", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
constexpr int kBeforeDirect = 3;
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kCandidates, kBeforeDirect);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kCandidates, kBeforeDirect);

}  // namespace
}  // namespace lamina
