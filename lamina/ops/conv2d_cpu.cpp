// oneDNN's convolutions as kernels: float32, images channels-last or in blocks of channels.
#include <algorithm>

#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/channel_blocks.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/through_float32.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

using PlanPtr = std::shared_ptr<const onednn::Plan>;

/// The convolution that `desc` asks for, of whichever op of the family; nothing where layouts are foreign.
std::optional<onednn::Conv> conv_of(const KernelDesc& desc) {
  const std::string& op = desc.op.name;
  const Operand* image = &desc.inputs[0];
  const Operand* out = &desc.outputs[0];
  const Shape* kernel = &desc.inputs[1].type.shape;
  const Conv2DAttrs* attrs = nullptr;
  onednn::Conv conv{};
  if (op == "conv2d") {
    attrs = &desc.attrs.as<Conv2DAttrs>();
  } else if (op == "conv2d_bias_act") {
    const auto& fused = desc.attrs.as<Conv2DBiasActAttrs>();
    attrs = &fused.conv;
    conv.bias = true;
    conv.relu = fused.activation == "relu";
  } else {
    const auto& grad = desc.attrs.as<Conv2DGradAttrs>();
    attrs = &grad.conv;
    if (op == "conv2d_grad_input") {
      image = &desc.outputs[0];
      out = &desc.inputs[0];
    } else {
      kernel = &grad.shape;
      out = &desc.inputs[1];
      conv.bias = op == "conv2d_grad_kernel_bias";
    }
  }
  const auto image_block = detail::channel_block(image->layout);
  const auto out_block = detail::channel_block(out->layout);
  if (!image_block || !out_block) return std::nullopt;
  const detail::ConvShape s = detail::conv_shape(*attrs, image->type.shape, *kernel);
  conv.batch = s.batch;
  conv.height = s.rows.input;
  conv.width = s.columns.input;
  conv.channels = s.channels;
  conv.filters = s.filters;
  conv.kernel_height = s.rows.size;
  conv.kernel_width = s.columns.size;
  conv.groups = s.groups;
  conv.out_height = s.rows.output;
  conv.out_width = s.columns.output;
  conv.stride_height = s.rows.stride;
  conv.stride_width = s.columns.stride;
  conv.dilation_height = s.rows.dilation;
  conv.dilation_width = s.columns.dilation;
  conv.top = s.rows.before;
  conv.left = s.columns.before;
  conv.bottom = std::max<int64_t>(0, s.rows.after());
  conv.right = std::max<int64_t>(0, s.columns.after());
  conv.image_block = *image_block;
  conv.out_block = *out_block;
  return conv;
}

/// The order in which a forward pass wants its kernel, if it is another one than row-major.
std::optional<Layout> kernel_layout(onednn::Conv conv) {
  conv.packed_kernel = false;
  const auto order = onednn::kernel_order(conv);
  if (!order) return std::nullopt;
  Layout layout{order->order, {}};
  for (const auto& [axis, size] : order->blocks) layout.blocks.push_back({axis, size});
  return layout;
}

bool runs_forward(const KernelDesc& desc) { return !desc.op.name.starts_with("conv2d_grad"); }

PlanPtr plan_of(const KernelDesc& desc) {
  auto conv = conv_of(desc);
  if (!conv) return nullptr;
  const Layout& kernel = desc.inputs[1].layout;
  if (runs_forward(desc) && !kernel.row_major()) {
    if (kernel_layout(*conv) != kernel) return nullptr;
    conv->packed_kernel = true;
  }
  if (desc.op.name == "conv2d_grad_input") return onednn::conv_grad_input(*conv);
  if (desc.op.name.starts_with("conv2d_grad_kernel")) return onednn::conv_grad_kernel(*conv);
  return onednn::conv_forward(*conv);
}

/// The library's kernels count pixels in int32, times sizes of elements and blocks.
constexpr int64_t kMostReach = 1 << 16;

bool reaches_far(const onednn::Conv& c) {
  return std::max({(c.kernel_height - 1) * c.dilation_height, (c.kernel_width - 1) * c.dilation_width,
                   c.stride_height, c.stride_width}) > kMostReach;
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  if (const auto conv = conv_of(desc); conv && reaches_far(*conv))
    return "a window reaches over more than " + std::to_string(kMostReach) + " pixels";
  if (!plan_of(desc))
    return "oneDNN " + std::string(onednn::version()) + " has only its reference for this case";
  return std::nullopt;
}

class PlanKernel final : public Kernel {
 public:
  explicit PlanKernel(PlanPtr plan) : plan_(std::move(plan)) {}
  void run(const KernelArgs& args) const override { plan_->run(args.inputs, args.outputs, args.workspace); }
  size_t workspace() const override { return plan_->workspace(); }
  size_t bytes() const override { return plan_->bytes(); }

 private:
  PlanPtr plan_;
};

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return std::make_unique<PlanKernel>(plan_of(desc));
}

/// Multiplications below which a change of order costs more than the kernel gains.
constexpr int64_t kWorthReorder = 4'000'000;

/// The block in which images go in and out: where the library prefers one for the forward pass, the channels
/// divide, and images come in blocks or the work pays for their change of order.
std::optional<int> wished_block(const onednn::Conv& conv, const Layout& given) {
  if (conv.channels % 8 != 0 || conv.filters % 8 != 0) return std::nullopt;
  const int64_t terms = conv.kernel_height * conv.kernel_width * conv.channels / conv.groups;
  const int64_t work = conv.batch * conv.out_height * conv.out_width * conv.filters * terms;
  if (given.row_major() && work < kWorthReorder) return std::nullopt;
  return onednn::preferred_block(conv);
}

/// Images in blocks where that pays, and a kernel that stays the same in the order that it is used in.
std::optional<LayoutWish> wishes(const KernelDesc& given) {
  KernelDesc desc = given;
  for (auto* operands : {&desc.inputs, &desc.outputs}) {
    for (Operand& operand : *operands) operand.layout = {};
  }
  onednn::Conv conv = *conv_of(desc);
  LayoutWish wish;
  wish.inputs.resize(desc.inputs.size());
  wish.outputs.resize(desc.outputs.size());
  const auto block = wished_block(conv, given.inputs[0].layout);
  if (block) {
    const Layout blocked = detail::blocked_layout(*block);
    wish.inputs[0] = blocked;
    (desc.op.name.starts_with("conv2d_grad_kernel") ? wish.inputs[1] : wish.outputs[0]) = blocked;
    conv.image_block = conv.out_block = *block;
  }
  const bool packs = runs_forward(desc) && desc.inputs[1].steady;
  const auto packed = packs ? kernel_layout(conv) : std::nullopt;
  if (packed) wish.inputs[1] = *packed;
  if (!block && !packed) return std::nullopt;
  return wish;
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "onednn", .refuses = refuses, .prepare = prepare, .wishes = wishes}, detail::through_float32()};
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kCandidates);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kCandidates);
const KernelRegistration kGradInput("conv2d_grad_input", DeviceKind::kCpu, kCandidates);
const KernelRegistration kGradKernel("conv2d_grad_kernel", DeviceKind::kCpu, kCandidates);
const KernelRegistration kGradKernelBias("conv2d_grad_kernel_bias", DeviceKind::kCpu, kCandidates);

}  // namespace
}  // namespace lamina
