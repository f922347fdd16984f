// Writers of matrix products.
#include "lamina/formats/onnx/export/writer.h"
#include "lamina/graph/contraction.h"

namespace lamina::onnx {
namespace {

std::string operand(Writing& w, size_t i, bool transposed) {
  if (!transposed) return w.in(i);
  std::vector<int> order;
  for (int axis = 0; axis < w.rank(i); ++axis) order.push_back(axis);
  std::swap(order.end()[-1], order.end()[-2]);
  return w.in_order(i, order);
}

void matmul(Writing& w) {
  const auto& attrs = w.attrs<MatmulAttrs>();
  const DType dtype = w.dtype(0), wide = Writing::wide(dtype);
  const std::string a = w.as(operand(w, 0, attrs.transpose_a), dtype, wide);
  const std::string b = w.as(operand(w, 1, attrs.transpose_b), dtype, wide);
  w.out(0, w.as(w.node("MatMul", {a, b}), wide, dtype));
}

const bool kProductsRegistered = register_writer("matmul", matmul);

}  // namespace
}  // namespace lamina::onnx
