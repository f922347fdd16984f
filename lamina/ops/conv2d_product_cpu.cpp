// Convolutions of one pixel as products of matrices: a row for each pixel, a column for each filter.
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/float32_operands.h"
#include "lamina/ops/detail/window.h"

namespace lamina {
namespace {

/// Calls `f` with the product that gives the same numbers, from the same memory.
template <class F>
auto with_product(const KernelDesc& desc, F&& f) {
  const Shape& image = desc.inputs[0].type.shape;
  const int64_t filters = desc.inputs[1].type.shape[3], pixels = image[0] * image[1] * image[2];
  const auto operand = [&](int64_t rows, int64_t columns, bool steady) {
    return Operand{{DType::kFloat32, {rows, columns}}, {}, steady};
  };
  const bool fused = desc.op.name == "conv2d_bias_act";
  const Attrs attrs = fused ? Attrs(MatmulBiasActAttrs{{}, desc.attrs.as<Conv2DBiasActAttrs>().activation})
                            : Attrs(MatmulAttrs{});
  KernelDesc product{find_op(fused ? "matmul_bias_act" : "matmul"),
                     attrs,
                     {operand(pixels, image[3], desc.inputs[0].steady),
                      operand(image[3], filters, desc.inputs[1].steady)},
                     {operand(pixels, filters, false)},
                     desc.device};
  if (fused) product.inputs.push_back(desc.inputs[2]);
  return f(product);
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
  const Conv2DAttrs& attrs = detail::forward_attrs(desc);
  const detail::ConvShape s = detail::conv_shape(attrs, desc.inputs[0].type.shape, desc.inputs[1].type.shape);
  for (const detail::Window* window : {&s.rows, &s.columns}) {
    if (window->size != 1 || window->stride != 1 || window->before != 0 || window->output != window->input)
      return "only for windows of one pixel, one for each";
  }
  if (attrs.groups != 1) return "only for one group";
  if (!with_product(desc, kernel_of)) return "no kernel takes its product";
  return std::nullopt;
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return with_product(desc, [](const KernelDesc& product) { return kernel_of(product)->prepare(product); });
}

const std::vector<KernelCandidate> kProduct = {{.name = "product", .refuses = refuses, .prepare = prepare}};
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kProduct, 1);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kProduct, 1);

}  // namespace
}  // namespace lamina
