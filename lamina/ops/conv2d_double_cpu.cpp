// Convolutions of float64 and their gradients: oneDNN has none. The gradient of an image under strides is a
// product, some rows of it at a time, whose rows are added to the pixels under their windows.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/add_bias.h"
#include "lamina/ops/detail/double_conv.h"
#include "lamina/ops/detail/double_gemm.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::DoubleGemm;

/// Numbers of the matrix of windows that are there at once, unless one row of the result has more.
constexpr int64_t kAtOnce = 1 << 19;
constexpr int64_t kGrain = 1 << 14;

/// Rows of results, of all images one after the other, and their windows as a matrix.
struct Windows {
  ConvShape s;

  int64_t terms() const { return s.rows.size * s.columns.size * s.channels; }
  int64_t rows() const { return s.batch * s.rows.output; }
  int64_t rows_at_once() const {
    const int64_t row = std::max<int64_t>(1, s.columns.output * terms());
    return std::clamp<int64_t>(kAtOnce / row, 1, std::max<int64_t>(1, rows()));
  }
  int64_t pixels_at_once() const { return rows_at_once() * s.columns.output; }
  /// Numbers of the matrix, to a whole number of cache lines.
  int64_t matrix() const { return (pixels_at_once() * terms() + 7) / 8 * 8; }

  /// f(first row, end of rows, pixels) for one part after the other.
  void each_part(const auto& f) const {
    for (int64_t row = 0; row < rows(); row += rows_at_once()) {
      const int64_t end = std::min(rows(), row + rows_at_once());
      f(row, end, (end - row) * s.columns.output);
    }
  }

  /// Adds what belongs to the pixels of rows [first, end) of results to the image.
  void scatter(const double* matrix, int64_t first, int64_t end, double* image) const {
    const int64_t line = s.columns.output * terms();
    // Each row of an image collects what it gets, so that no two threads add to one.
    const int64_t from_image = first / s.rows.output, images = (end - 1) / s.rows.output + 1 - from_image;
    parallel_for(images * s.rows.input, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, line)),
                 [&](int64_t from, int64_t to) {
                   for (int64_t at = from; at < to; ++at) {
                     const int64_t n = from_image + at / s.rows.input, y = at % s.rows.input;
                     for (int64_t i = 0; i < s.rows.size; ++i) {
                       const int64_t oy = s.rows.with(y, i), row = n * s.rows.output + oy;
                       if (oy >= 0 && row >= first && row < end)
                         add_row(matrix + (row - first) * line, i, image + (n * s.rows.input + y) * width());
                     }
                   }
                 });
  }

 private:
  int64_t width() const { return s.columns.input * s.channels; }

  // Row `i` of the windows along one row of results.
  void add_row(const double* from, int64_t i, double* line) const {
    const int64_t taps = s.columns.size * s.channels;
    for (int64_t ox = 0; ox < s.columns.output; ++ox) {
      const double* window = from + ox * terms() + i * taps;
      for (int64_t j = s.columns.begin(ox); j < s.columns.end(ox); ++j) {
        double* pixel = line + (s.columns.first(ox) + j * s.columns.dilation) * s.channels;
        for (int64_t c = 0; c < s.channels; ++c) pixel[c] += window[j * s.channels + c];
      }
    }
  }
};

std::optional<std::string> refuses(const KernelDesc& desc) {
  return detail::not_operands_of(desc, DType::kFloat64);
}

constexpr const char* kFewOrFar = "groups of few filters, or windows far beyond the images";

std::optional<std::string> refuses_forward(const KernelDesc& desc) {
  if (auto reason = refuses(desc)) return reason;
  if (!detail::DoubleConv::takes(detail::conv_shape(desc))) return kFewOrFar;
  return std::nullopt;
}

std::optional<std::string> refuses_grad_kernel(const KernelDesc& desc) {
  if (auto reason = refuses(desc)) return reason;
  if (!detail::DoubleConvGradKernel::takes(detail::conv_shape(desc))) return kFewOrFar;
  return std::nullopt;
}

std::optional<std::string> refuses_reversed(const KernelDesc& desc) {
  if (auto reason = refuses(desc)) return reason;
  if (!detail::DoubleConv::reverses(detail::conv_shape(desc)))
    return "only without strides, for channels that fill vectors, and windows near the images";
  return std::nullopt;
}

std::optional<std::string> refuses_windows(const KernelDesc& desc) {
  if (auto reason = refuses(desc)) return reason;
  if (desc.attrs.as<Conv2DGradAttrs>().conv.groups != 1) return "only for one group";
  return std::nullopt;
}

size_t bytes(int64_t numbers) { return static_cast<size_t>(numbers) * sizeof(double); }

std::unique_ptr<Kernel> prepare_forward(const KernelDesc& desc) {
  const ConvShape s = detail::conv_shape(desc);
  const detail::DoubleConv conv(s);
  const bool bias = desc.op.name == "conv2d_bias_act";
  const bool relu = bias && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  return make_kernel(
      [=](const KernelArgs& args) {
        auto* const out = args.output<double>(0);
        conv.run(args.input<double>(0), args.input<double>(1), out, static_cast<double*>(args.workspace));
        if (bias)
          detail::add_bias(s.batch * s.rows.output * s.columns.output, s.filters, relu, args.input<double>(2),
                           out);
      },
      conv.workspace());
}

std::unique_ptr<Kernel> prepare_reversed(const KernelDesc& desc) {
  const auto conv = detail::DoubleConv::reversed(detail::conv_shape(desc));
  return make_kernel(
      [=](const KernelArgs& args) {
        conv.run(args.input<double>(0), args.input<double>(1), args.output<double>(0),
                 static_cast<double*>(args.workspace));
      },
      conv.workspace());
}

std::unique_ptr<Kernel> prepare_windows(const KernelDesc& desc) {
  const Windows w{detail::conv_shape(desc)};
  const DoubleGemm largest{w.pixels_at_once(), w.terms(), w.s.filters, false, true};
  return make_kernel(
      [=, size = desc.outputs[0].type.shape.size()](const KernelArgs& args) {
        auto* const matrix = static_cast<double*>(args.workspace);
        std::fill_n(args.output<double>(0), size, 0.0);
        w.each_part([&](int64_t first, int64_t end, int64_t pixels) {
          DoubleGemm gemm = largest;
          gemm.m = pixels;
          gemm.run(args.input<double>(0) + first * w.s.columns.output * w.s.filters, args.input<double>(1),
                   matrix, matrix + w.matrix());
          w.scatter(matrix, first, end, args.output<double>(0));
        });
      },
      bytes(w.matrix()) + largest.workspace());
}

std::unique_ptr<Kernel> prepare_grad_kernel(const KernelDesc& desc) {
  const ConvShape s = detail::conv_shape(desc);
  const detail::DoubleConvGradKernel grad(s);
  const bool bias = desc.outputs.size() > 1;
  return make_kernel(
      [=](const KernelArgs& args) {
        const double* const g = args.input<double>(1);
        grad.run(args.input<double>(0), g, args.output<double>(0), static_cast<double*>(args.workspace));
        if (bias)
          detail::sum_rows(s.batch * s.rows.output * s.columns.output, s.filters, g, args.output<double>(1));
      },
      grad.workspace());
}

const std::vector<KernelCandidate> kForward = {
    {.name = "tiles", .refuses = refuses_forward, .prepare = prepare_forward}};
const std::vector<KernelCandidate> kGradKernels = {
    {.name = "tiles", .refuses = refuses_grad_kernel, .prepare = prepare_grad_kernel}};
constexpr int kBeforeGroups = 1;
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kForward, kBeforeGroups);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kForward, kBeforeGroups);
const KernelRegistration kGradInput(
    "conv2d_grad_input", DeviceKind::kCpu,
    {{.name = "tiles", .refuses = refuses_reversed, .prepare = prepare_reversed},
     {.name = "windows", .refuses = refuses_windows, .prepare = prepare_windows}},
    kBeforeGroups);
const KernelRegistration kGradKernel("conv2d_grad_kernel", DeviceKind::kCpu, kGradKernels, kBeforeGroups);
const KernelRegistration kGradKernelBias("conv2d_grad_kernel_bias", DeviceKind::kCpu, kGradKernels,
                                         kBeforeGroups);

}  // namespace
}  // namespace lamina
