// Members of Tensor that are ops: each calls the function of its name.
#include "lamina/core/tensor.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina {

Tensor Tensor::operator[](const IndexItem& item) const { return index(*this, {item}); }
Tensor Tensor::operator[](std::initializer_list<IndexItem> items) const { return index(*this, items); }

Tensor& Tensor::operator+=(const Tensor& b) { return *this = *this + b; }
Tensor& Tensor::operator-=(const Tensor& b) { return *this = *this - b; }
Tensor& Tensor::operator*=(const Tensor& b) { return *this = *this * b; }
Tensor& Tensor::operator/=(const Tensor& b) { return *this = *this / b; }
Tensor& Tensor::operator+=(double b) { return *this = *this + b; }
Tensor& Tensor::operator-=(double b) { return *this = *this - b; }
Tensor& Tensor::operator*=(double b) { return *this = *this * b; }
Tensor& Tensor::operator/=(double b) { return *this = *this / b; }

Tensor Tensor::sum(const Axes& axes, bool keepdims) const { return lamina::sum(*this, axes, keepdims); }
Tensor Tensor::mean(const Axes& axes, bool keepdims) const { return lamina::mean(*this, axes, keepdims); }
Tensor Tensor::max(const Axes& axes, bool keepdims) const { return lamina::max(*this, axes, keepdims); }
Tensor Tensor::min(const Axes& axes, bool keepdims) const { return lamina::min(*this, axes, keepdims); }
Tensor Tensor::prod(const Axes& axes, bool keepdims) const { return lamina::prod(*this, axes, keepdims); }
Tensor Tensor::any(const Axes& axes, bool keepdims) const { return ops::any(*this, axes, keepdims); }
Tensor Tensor::all(const Axes& axes, bool keepdims) const { return lamina::all(*this, axes, keepdims); }
Tensor Tensor::argmax(std::optional<int> axis, bool keepdims) const {
  return lamina::argmax(*this, axis, keepdims);
}
Tensor Tensor::argmin(std::optional<int> axis, bool keepdims) const {
  return lamina::argmin(*this, axis, keepdims);
}
Tensor Tensor::reshape(const Shape& new_shape) const { return lamina::reshape(*this, new_shape); }
Tensor Tensor::squeeze(const Axes& axes) const { return lamina::squeeze(*this, axes); }
Tensor Tensor::transpose(const std::vector<int>& perm) const { return lamina::transpose(*this, perm); }
Tensor Tensor::astype(DType dtype) const { return cast(*this, dtype); }

}  // namespace lamina
