// Gradients of depthwise convolutions by our own kernels: images channels last, as the products of one pixel
// beside them in such networks want them.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/depthwise_conv.h"
#include "lamina/ops/detail/depthwise_grad.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

/// Multiplications that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 16;

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_or_float64_operands(desc)) return reason;
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      if (!operand.layout.row_major()) return "only for channels last";
    }
  }
  const detail::ConvShape s = detail::conv_shape(desc);
  if (s.groups != s.channels || s.filters != s.channels || s.channels == 1)
    return "only for one filter for each channel";
  return std::nullopt;
}

bool is_double(const KernelDesc& desc) { return desc.inputs[0].type.dtype == DType::kFloat64; }

/// Without strides the gradient is the convolution of what comes back with the kernel turned around.
bool turns(const detail::ConvShape& s) { return s.rows.stride == 1 && s.columns.stride == 1; }

detail::Window turned(const detail::Window& w) {
  return {w.output, w.input, w.size, 1, w.dilation, w.span() - 1 - w.before};
}

detail::DepthwiseGradInput grad_input_of(const detail::ConvShape& s) {
  return {s.channels, s.rows, s.columns};
}

std::optional<std::string> refuses_input(const KernelDesc& desc) {
  if (auto reason = refuses(desc)) return reason;
  const detail::ConvShape s = detail::conv_shape(desc);
  if (!turns(s) && !grad_input_of(s).takes()) return "only for small windows";
  return std::nullopt;
}

template <class T>
std::unique_ptr<Kernel> prepare_input_of(const KernelDesc& desc) {
  const detail::ConvShape s = detail::conv_shape(desc);
  const int64_t rows = s.batch * s.rows.input, taps = s.rows.size * s.columns.size,
                line = s.columns.input * s.channels;
  const int64_t grain =
      std::max<int64_t>(1, kGrain / std::max<int64_t>(1, line * taps / (s.rows.stride * s.columns.stride)));
  if (!turns(s)) {
    return make_kernel([=, grad = grad_input_of(s)](const KernelArgs& args) {
      parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
        grad.run(args.input<T>(0), args.input<T>(1), args.output<T>(0) + begin * line, begin, end);
      });
    });
  }
  const detail::DepthwiseConv conv{s.channels, turned(s.rows), turned(s.columns), false};
  const auto run = [=](const KernelArgs& args) {
    auto* const kernel = static_cast<T*>(args.workspace);
    for (int64_t tap = 0; tap < taps; ++tap)
      std::copy_n(args.input<T>(1) + tap * s.channels, s.channels, kernel + (taps - 1 - tap) * s.channels);
    parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
      conv.run<T>(args.input<T>(0), kernel, nullptr, args.output<T>(0) + begin * line, begin, end);
    });
  };
  return make_kernel(run, static_cast<size_t>(taps * s.channels) * sizeof(T));
}

std::unique_ptr<Kernel> prepare_input(const KernelDesc& desc) {
  return is_double(desc) ? prepare_input_of<double>(desc) : prepare_input_of<float>(desc);
}

template <class T>
std::unique_ptr<Kernel> prepare_kernel_of(const KernelDesc& desc) {
  const detail::ConvShape s = detail::conv_shape(desc);
  const detail::DepthwiseGradKernel grad(s.batch, s.channels, s.rows, s.columns);
  const bool bias = desc.op.name == "conv2d_grad_kernel_bias";
  return make_kernel(
      [=](const KernelArgs& args) {
        grad.run<T>(args.input<T>(0), args.input<T>(1), args.output<T>(0), bias ? args.output<T>(1) : nullptr,
                    static_cast<T*>(args.workspace));
      },
      grad.workspace() * sizeof(T));
}

std::unique_ptr<Kernel> prepare_kernel(const KernelDesc& desc) {
  return is_double(desc) ? prepare_kernel_of<double>(desc) : prepare_kernel_of<float>(desc);
}

/// Channels last: nothing else is taken.
std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  return LayoutWish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
}

constexpr int kBeforeOthers = 2;
const KernelRegistration kGradInput(
    "conv2d_grad_input", DeviceKind::kCpu,
    {{.name = "depthwise", .refuses = refuses_input, .prepare = prepare_input, .wishes = wishes}},
    kBeforeOthers);
const std::vector<KernelCandidate> kOfKernels = {
    {.name = "depthwise", .refuses = refuses, .prepare = prepare_kernel, .wishes = wishes}};
const KernelRegistration kGradKernel("conv2d_grad_kernel", DeviceKind::kCpu, kOfKernels, kBeforeOthers);
const KernelRegistration kGradKernelBias("conv2d_grad_kernel_bias", DeviceKind::kCpu, kOfKernels,
                                         kBeforeOthers);

}  // namespace
}  // namespace lamina
