// What the kernels of matrix products are prepared for, from their operands.
#include "lamina/ops/detail/products.h"

#include "lamina/graph/op.h"

namespace lamina::detail {
namespace {

/// Offsets of the matrices of an operand of shape `shape` in the order of the broadcast leading axes of
/// `result`.
std::vector<int64_t> matrix_offsets(const Shape& shape, const Shape& result) {
  const int axes = result.rank() - 2;
  std::vector<int64_t> steps(static_cast<size_t>(axes), 0);
  int64_t step = shape[-1] * shape[-2];
  for (int axis = shape.rank() - 3; axis >= 0; --axis) {
    const int place = axes - (shape.rank() - 2) + axis;
    if (shape[axis] != 1) steps[static_cast<size_t>(place)] = step;
    step *= shape[axis];
  }
  std::vector<int64_t> offsets{0};
  for (int axis = 0; axis < axes; ++axis) {
    std::vector<int64_t> next;
    for (int64_t offset : offsets) {
      for (int64_t i = 0; i < result[axis]; ++i)
        next.push_back(offset + i * steps[static_cast<size_t>(axis)]);
    }
    offsets = std::move(next);
  }
  return offsets;
}

}  // namespace

Products products(const KernelDesc& desc) {
  Products p;
  if (desc.op.name == "matmul") {
    p.attrs = desc.attrs.as<MatmulAttrs>();
  } else {
    const auto& fused = desc.attrs.as<MatmulBiasActAttrs>();
    p.attrs = fused.matmul;
    p.relu = fused.activation == "relu";
    p.bias = true;
  }
  const Shape& a = desc.inputs[0].type.shape;
  const Shape& b = desc.inputs[1].type.shape;
  const Shape& c = desc.outputs[0].type.shape;
  p.m = c[-2];
  p.n = c[-1];
  p.k = a[p.attrs.transpose_a ? -2 : -1];
  if (!p.attrs.transpose_a && b.rank() == 2) {
    // One matrix b for all rows of a: one product.
    p.m = 1;
    for (int axis = 0; axis + 1 < c.rank(); ++axis) p.m *= c[axis];
    p.a = p.b = {0};
  } else {
    p.a = matrix_offsets(a, c);
    p.b = matrix_offsets(b, c);
  }
  return p;
}

}  // namespace lamina::detail
