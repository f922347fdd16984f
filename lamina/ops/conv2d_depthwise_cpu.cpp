// Depthwise convolutions by our own kernel: images channels last.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/depthwise_conv.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

/// Multiplications that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 16;

/// A kernel (height, width, 1, channels) as it lies row-major, said so that it is known to be ours.
const Layout kKernel = {{2, 0, 1, 3}, {}};

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_or_float64_operands(desc)) return reason;
  if (!desc.inputs[0].layout.row_major() || !desc.outputs[0].layout.row_major())
    return "only for channels last";
  const int64_t channels = desc.inputs[0].type.shape[3];
  if (detail::forward_attrs(desc).groups != channels || desc.inputs[1].type.shape[3] != channels ||
      channels == 1)
    return "only for one filter for each channel";
  const Layout& kernel = desc.inputs[1].layout;
  if (!kernel.row_major() && kernel != kKernel) return "unknown memory order of the kernel";
  return std::nullopt;
}

template <class T>
std::unique_ptr<Kernel> prepare_of(const KernelDesc& desc) {
  const bool fused = desc.op.name == "conv2d_bias_act";
  const bool relu = fused && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const detail::ConvShape s = detail::conv_shape(desc);
  const detail::DepthwiseConv conv{s.channels, s.rows, s.columns, relu};
  const int64_t rows = s.batch * s.rows.output;
  const int64_t work = s.columns.output * s.channels * s.rows.size * s.columns.size;  // of a row
  return make_kernel([=](const KernelArgs& args) {
    lamina::parallel_for(rows, std::max<int64_t>(1, kGrain / work), [&](int64_t begin, int64_t end) {
      conv.run<T>(args.input<T>(0), args.input<T>(1), fused ? args.input<T>(2) : nullptr,
                  args.output<T>(0) + begin * s.columns.output * s.channels, begin, end);
    });
  });
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return desc.inputs[0].type.dtype == DType::kFloat64 ? prepare_of<double>(desc) : prepare_of<float>(desc);
}

std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  if (desc.inputs[1].steady) wish.inputs[1] = kKernel;
  return wish;
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "depthwise", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
constexpr int kBeforeOthers = 2;
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kCandidates, kBeforeOthers);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kCandidates, kBeforeOthers);

}  // namespace
}  // namespace lamina
