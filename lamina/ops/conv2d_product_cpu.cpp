// Convolutions of one pixel as products of matrices: a row for each pixel, a column for each filter.
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/operand_types.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

Operand matrix(int64_t rows, int64_t columns, bool steady = false) {
  return {{DType::kFloat32, {rows, columns}}, {}, steady};
}

/// Calls `f` with the product that gives the same numbers, from the same memory.
template <class F>
auto with_product(const KernelDesc& desc, F&& f) {
  const detail::ConvShape s = detail::conv_shape(desc);
  const int64_t pixels = s.batch * s.rows.output * s.columns.output;
  const bool first_steady = desc.inputs[0].steady, second_steady = desc.inputs[1].steady;
  const auto call = [&](const char* op, Attrs attrs, Operand a, Operand b, Operand out) {
    KernelDesc product{
        find_op(op), std::move(attrs), {std::move(a), std::move(b)}, {std::move(out)}, desc.device};
    if (desc.inputs.size() > 2) product.inputs.push_back(desc.inputs[2]);
    return f(product);
  };
  if (desc.op.name == "conv2d_grad_input") {
    return call("matmul", MatmulAttrs{false, true}, matrix(pixels, s.filters, first_steady),
                matrix(s.channels, s.filters, second_steady), matrix(pixels, s.channels));
  }
  if (desc.op.name == "conv2d_grad_kernel") {
    return call("matmul", MatmulAttrs{true, false}, matrix(pixels, s.channels, first_steady),
                matrix(pixels, s.filters, second_steady), matrix(s.channels, s.filters));
  }
  const bool fused = desc.op.name == "conv2d_bias_act";
  return call(fused ? "matmul_bias_act" : "matmul",
              fused ? Attrs(MatmulBiasActAttrs{{}, desc.attrs.as<Conv2DBiasActAttrs>().activation})
                    : Attrs(MatmulAttrs{}),
              matrix(pixels, s.channels, first_steady), matrix(s.channels, s.filters, second_steady),
              matrix(pixels, s.filters));
}

const KernelCandidate* kernel_of(const KernelDesc& product) {
  for (const KernelCandidate& candidate : product.op.kernels(DeviceKind::kCpu)) {
    if (!candidate.refuses || !candidate.refuses(product)) return &candidate;
  }
  return nullptr;
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_float32_operands(desc)) return reason;
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      if (!operand.layout.row_major()) return "only for channels last";
    }
  }
  const detail::ConvShape s = detail::conv_shape(desc);
  for (const detail::Window* window : {&s.rows, &s.columns}) {
    if (window->size != 1 || window->stride != 1 || window->before != 0 || window->output != window->input)
      return "only for windows of one pixel, one for each";
  }
  if (s.groups != 1) return "only for one group";
  if (!with_product(desc, kernel_of)) return "no kernel takes its product";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return with_product(desc, [](const KernelDesc& product) { return kernel_of(product)->prepare(product); });
}

/// Orders as they come: images that lie in blocks stay so, for the kernel that takes them.
std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  LayoutWish wish{std::vector<Layout>(desc.inputs.size()), std::vector<Layout>(desc.outputs.size())};
  for (size_t i = 0; i < desc.inputs.size(); ++i) wish.inputs[i] = desc.inputs[i].layout;
  return wish;
}

const std::vector<KernelCandidate> kProduct = {
    {.name = "product", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kProduct, 1);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kProduct, 1);
const KernelRegistration kGradInput("conv2d_grad_input", DeviceKind::kCpu, kProduct, 1);
const KernelRegistration kGradKernel("conv2d_grad_kernel", DeviceKind::kCpu, kProduct, 1);

}  // namespace
}  // namespace lamina
