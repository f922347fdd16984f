// Convolutions of networks that only predict, by our own kernel: images channels last, read where they lie.
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/direct_conv.h"
#include "lamina/ops/detail/direct_images.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using detail::ConvShape;

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  if (!desc.inputs[0].layout.row_major() || !desc.outputs[0].layout.row_major()) return "only for channels last";
  const ConvShape s = detail::conv_shape(desc);
  if (s.groups != 1) return "only for one group";
  const Layout& kernel = desc.inputs[1].layout;
  if (!(kernel.row_major() && desc.inputs[1].steady) && kernel != detail::direct_kernel_layout(s.filters))
    return "only for kernels that stay as they are";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const bool fused = desc.op.name == "conv2d_bias_act";
  const bool relu = fused && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const ConvShape s = detail::conv_shape(desc);
  const detail::DirectImages images(s, relu, detail::direct_conv_block(s.filters));
  return make_kernel(
      [=](const KernelArgs& args) {
        images.run(images.begin(args.input<float>(0), args.workspace), args.input<float>(1),
                   fused ? args.input<float>(2) : nullptr, args.output<float>(0));
      },
      images.workspace());
}

std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[1] = detail::direct_kernel_layout(detail::conv_shape(desc).filters);
  return wish;
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "direct", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
constexpr int kBeforeOthers = 2;
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kCandidates, kBeforeOthers);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kCandidates, kBeforeOthers);

}  // namespace
}  // namespace lamina
