// Convolutions of networks that only predict by Winograd's algorithm: a quarter of the multiplications.
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/detail/winograd_tiles.h"

namespace lamina {
namespace {

using detail::ConvShape;

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  if (!desc.inputs[0].layout.row_major() || !desc.outputs[0].layout.row_major()) return "only for channels last";
  const ConvShape s = detail::conv_shape(desc);
  if (auto reason = detail::winograd_refuses(s)) return reason;
  const Layout& kernel = desc.inputs[1].layout;
  if (!(kernel.row_major() && desc.inputs[1].steady) && kernel != detail::winograd_kernel_layout(s.filters))
    return "only for kernels that stay as they are";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const bool fused = desc.op.name == "conv2d_bias_act";
  const bool relu = fused && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const auto tiles = std::make_shared<const detail::WinogradTiles>(detail::conv_shape(desc), relu, !desc.inputs[1].layout.row_major());
  return make_kernel([=](const KernelArgs& args) {
    tiles->run({args.input<float>(0), args.input<float>(1), fused ? args.input<float>(2) : nullptr, args.output<float>(0)});
  });
}

std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  wish.inputs[1] = detail::winograd_kernel_layout(detail::conv_shape(desc).filters);
  return wish;
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "winograd", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
constexpr int kBeforeDirect = 3;
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kCandidates, kBeforeDirect);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kCandidates, kBeforeDirect);

}  // namespace
}  // namespace lamina
