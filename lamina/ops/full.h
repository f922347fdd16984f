// Tensors made from nothing: constants and ranges.
#pragma once

#include "lamina/core/tensor.h"
#include "lamina/graph/constant.h"

namespace lamina {

struct ArangeAttrs {
  int64_t n = 0;
  DType dtype = DType::kInt32;
  bool operator==(const ArangeAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("n", self.n);
    visit("dtype", self.dtype);
  }
};

/// `shape` filled with `value`, converted to `dtype` as cast does.
Tensor full(const Shape& shape, double value, DType dtype = DType::kFloat32);
Tensor zeros(const Shape& shape, DType dtype = DType::kFloat32);
Tensor ones(const Shape& shape, DType dtype = DType::kFloat32);
/// The same along one axis: `zeros(5)`.
template <ExtentType T>
Tensor full(T n, double value, DType dtype = DType::kFloat32) {
  return full(Shape{n}, value, dtype);
}
template <ExtentType T>
Tensor zeros(T n, DType dtype = DType::kFloat32) {
  return zeros(Shape{n}, dtype);
}
template <ExtentType T>
Tensor ones(T n, DType dtype = DType::kFloat32) {
  return ones(Shape{n}, dtype);
}
/// Zeros or ones of x's shape and dtype.
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
/// 0, 1, ... n - 1 along one axis; throws InvalidArgument for n < 0.
Tensor arange(int64_t n, DType dtype = DType::kInt32);

}  // namespace lamina
