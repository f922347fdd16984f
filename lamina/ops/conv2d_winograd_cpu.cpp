// Convolutions by Winograd's algorithm: tiles of 4 by 4 results, a few of them at a time from pixels to results, so that
// what lies between stays in the nearest caches.
#include <algorithm>
#include <array>

#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/float32_operands.h"
#include "lamina/ops/detail/lent_numbers.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/detail/winograd.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::kWinogradPanel;
using detail::kWinogradPixels;
using detail::kWinogradPoints;
using detail::kWinogradResults;

/// Tiles that a thread takes at once at least; all registers are full with twice as many.
constexpr int64_t kUnit = 6;
constexpr int64_t kUnits = 2;
/// Tiles up to which they are all taken at once: the kernel is read once then.
constexpr int64_t kFewTiles = 24;
/// Units below which threads share the filters, too.
constexpr int64_t kFewUnits = 24;
/// Multiplications that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 18;

/// Tiles of an axis.
int64_t tiles_of(const detail::Window& window) { return (window.output + kWinogradResults - 1) / kWinogradResults; }

struct Ready {};
struct Multiplied {};
struct Patch {};

class Tiles {
 public:
  Tiles(const ConvShape& shape, bool relu)
      : s_(shape),
        relu_(relu),
        down_(tiles_of(s_.rows)),
        across_(tiles_of(s_.columns)),
        tiles_(s_.batch * down_ * across_),
        units_((tiles_ + kUnit - 1) / kUnit),
        most_(tiles_ <= kFewTiles ? kFewTiles : kUnits * kUnit),
        panels_((s_.filters + kWinogradPanel - 1) / kWinogradPanel),
        groups_(units_ < kFewUnits ? std::min<int64_t>(panels_, 2) : 1) {}

  void run(const KernelArgs& args) const {
    const int64_t work = kUnit * kWinogradPoints * s_.channels * s_.filters / groups_;
    parallel_for(units_ * groups_, std::max<int64_t>(1, kGrain / work), [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t group = begin / units_, last = std::min(end, (group + 1) * units_);
        const int64_t stop = std::min(tiles_, (last - group * units_) * kUnit);
        for (int64_t at = (begin - group * units_) * kUnit; at < stop; at += most_)
          block(args, at, std::min(most_, stop - at), panels_ * group / groups_, panels_ * (group + 1) / groups_);
        begin = last;
      }
    });
  }

 private:
  /// Where a tile's results begin.
  struct Place {
    int64_t image, row, column;
  };
  Place place(int64_t tile) const {
    return {tile / (down_ * across_), tile / across_ % down_ * kWinogradResults, tile % across_ * kWinogradResults};
  }

  /// `count` tiles from `first` on, and the panels [begin, end) of filters.
  void block(const KernelArgs& args, int64_t first, int64_t count, int64_t begin, int64_t end) const {
    detail::LentNumbers<Ready> ready(kWinogradPoints * count * s_.channels);
    detail::LentNumbers<Multiplied> multiplied(kWinogradPoints * count * kWinogradPanel);
    for (int64_t i = 0; i < count; ++i)
      pixels(args.input<float>(0), place(first + i), ready.data() + i * s_.channels, count * s_.channels);
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t filter = panel * kWinogradPanel, width = std::min(kWinogradPanel, s_.filters - filter);
      const detail::DirectConv product{1, s_.channels, width, width, false};
      const float* const kernel = args.input<float>(2) + filter * kWinogradPoints * s_.channels;
      for (int64_t p = 0; p < kWinogradPoints; ++p) {
        const float* const rows = ready.data() + p * count * s_.channels;
        direct_conv(product, {&rows, s_.channels}, count, kernel + p * s_.channels * width, nullptr,
                    multiplied.data() + p * count * width, width);
      }
      for (int64_t i = 0; i < count; ++i)
        results(args, place(first + i), filter, width, multiplied.data() + i * width, count * width);
    }
  }

  void pixels(const float* x, const Place& at, float* ready, int64_t step) const {
    const int64_t top = s_.rows.first(at.row), left = s_.columns.first(at.column);
    const int64_t line = s_.columns.input * s_.channels;
    const float* const image = x + at.image * s_.rows.input * line;
    const auto inside = [](const detail::Window& w, int64_t first) {
      return first >= 0 && first + kWinogradPixels <= w.input;
    };
    if (inside(s_.rows, top) && inside(s_.columns, left)) {
      detail::winograd_pixels(image + top * line + left * s_.channels, line, s_.channels, s_.channels, ready, step);
      return;
    }
    detail::LentNumbers<Patch> patch(kWinogradPoints * s_.channels);
    const int64_t begin = std::clamp<int64_t>(-left, 0, kWinogradPixels),
                  end = std::clamp(s_.columns.input - left, begin, kWinogradPixels);
    float* to = patch.data();
    for (int64_t i = 0; i < kWinogradPixels; ++i, to += kWinogradPixels * s_.channels) {
      const int64_t y = top + i;
      const bool outside = y < 0 || y >= s_.rows.input;
      const int64_t first = outside ? kWinogradPixels : begin, last = outside ? kWinogradPixels : end;
      std::fill(to, to + first * s_.channels, 0.0f);
      if (first < last)
        std::copy_n(image + y * line + (left + first) * s_.channels, (last - first) * s_.channels, to + first * s_.channels);
      std::fill(to + last * s_.channels, to + kWinogradPixels * s_.channels, 0.0f);
    }
    detail::winograd_pixels(patch.data(), kWinogradPixels * s_.channels, s_.channels, s_.channels, ready, step);
  }

  void results(const KernelArgs& args, const Place& at, int64_t filter, int64_t width, const float* multiplied,
               int64_t step) const {
    const int64_t line = s_.columns.output * s_.filters;
    float* const out = args.output<float>(0) + (at.image * s_.rows.output + at.row) * line + at.column * s_.filters + filter;
    const int64_t rows = std::min(kWinogradResults, s_.rows.output - at.row),
                  columns = std::min(kWinogradResults, s_.columns.output - at.column);
    const detail::WinogradResults to{args.input<float>(3) + filter, relu_, out, line, s_.filters, rows, columns};
    if (detail::winograd_results(to, multiplied, step, width)) return;
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j)
        by_definition(args, {at.image, at.row + i, at.column + j}, filter, width, out + i * line + j * s_.filters);
    }
  }

  /// One pixel of results where not all is finite: each has what its own window gives it.
  void by_definition(const KernelArgs& args, const Place& at, int64_t filter, int64_t width, float* out) const {
    std::array<float, kWinogradPanel> sums{};
    const float* const bias = args.input<float>(3) + filter;
    std::copy_n(bias, width, sums.begin());
    for (int64_t i = s_.rows.begin(at.row); i < s_.rows.end(at.row); ++i) {
      for (int64_t j = s_.columns.begin(at.column); j < s_.columns.end(at.column); ++j) {
        const int64_t y = s_.rows.first(at.row) + i, x = s_.columns.first(at.column) + j;
        const float* const pixel =
            args.input<float>(0) + ((at.image * s_.rows.input + y) * s_.columns.input + x) * s_.channels;
        const float* line = args.input<float>(1) + (i * 3 + j) * s_.channels * s_.filters + filter;
        for (int64_t c = 0; c < s_.channels; ++c, line += s_.filters) {
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
  const int64_t down_, across_, tiles_, units_, most_, panels_, groups_;
};

/// Products of channels and filters above which the prepared kernel is too large for the caches.
constexpr int64_t kMostWeights = 1 << 16;
/// Reading the prepared kernel takes as long as so many tiles.
constexpr int64_t kTilesOfReading = 8;

ConvShape shape_of(const KernelDesc& desc) {
  return detail::conv_shape(desc.attrs.as<Conv2DBiasActAttrs>().conv, desc.inputs[0].type.shape,
                            desc.inputs[1].type.shape);
}

/// By the sizes of one image, so that the bits do not depend on how many there are.
std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      if (!operand.layout.row_major()) return "only for channels last";
    }
  }
  const ConvShape s = shape_of(desc);
  for (const detail::Window* window : {&s.rows, &s.columns}) {
    if (window->size != 3 || window->stride != 1 || window->dilation != 1)
      return "only for windows of 3 by 3 pixels side by side";
  }
  if (s.groups != 1) return "only for one group";
  if (s.channels < 8 || s.filters < 8 || s.channels * s.filters > kMostWeights)
    return "only for 8 channels and filters and more, and products of both up to " + std::to_string(kMostWeights);
  const int64_t tiles = tiles_of(s.rows) * tiles_of(s.columns);
  if ((tiles + kTilesOfReading) * kWinogradPoints > s.rows.output * s.columns.output * 7)
    return "images are too small for tiles of 4 by 4 to pay";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const Tiles tiles(shape_of(desc), desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu");
  return make_kernel([tiles](const KernelArgs& args) { tiles.run(args); });
}

std::optional<std::string> refuses_kernel(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  if (!desc.inputs[0].layout.row_major()) return "only for row-major kernels";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare_kernel(const KernelDesc& desc) {
  const Shape kernel = desc.inputs[0].type.shape;
  return make_kernel([channels = kernel[2], filters = kernel[3]](const KernelArgs& args) {
    detail::winograd_kernel(args.input<float>(0), channels, filters, args.output<float>(0));
  });
}

const KernelRegistration kConv("conv2d_bias_act_winograd", DeviceKind::kCpu,
                               {{.name = "tiles", .refuses = refuses, .prepare = prepare}});
const KernelRegistration kPoints("winograd_kernel", DeviceKind::kCpu,
                                 {{.name = "cpu", .refuses = refuses_kernel, .prepare = prepare_kernel}});

}  // namespace
}  // namespace lamina
