// Type rules, conversion of plain numbers and gradients of broadcasts, for all elementwise ops.
#include <cmath>
#include <limits>

#include "lamina/ops/cast.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

namespace lamina::detail {
namespace {

/// Whether a whole number lies in the range of an integer dtype.
bool holds(DType dtype, double value) {
  return dispatch(dtype, [value](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      // One above the largest is a power of two, and so exact.
      return value >= static_cast<double>(std::numeric_limits<T>::min()) &&
             value < 2 * static_cast<double>(std::numeric_limits<T>::max() / 2 + 1);
    } else {
      return false;
    }
  });
}

}  // namespace

Shape broadcast_inputs(const InferArgs& args) {
  Shape shape;
  try {
    for (const TensorType& input : args.inputs) shape = broadcast(shape, input.shape);
  } catch (const InvalidArgument&) {
    args.fail("the shapes do not broadcast: two extents of one axis must be equal, or one of them 1");
  }
  return shape;
}

std::vector<TensorType> infer_same(const InferArgs& args) {
  check_one_dtype(args);
  return {{args.inputs[0].dtype, broadcast_inputs(args)}};
}

std::vector<TensorType> infer_predicate(const InferArgs& args) {
  check_one_dtype(args);
  return {{DType::kBool, broadcast_inputs(args)}};
}

std::vector<Tensor> no_flow(const VjpArgs& args) { return std::vector<Tensor>(args.inputs.size()); }

Tensor sum_to(const Tensor& grad, const Shape& shape) {
  if (grad.shape() == shape) return grad;
  const int missing = grad.rank() - shape.rank();
  std::vector<int> axes;
  for (int axis = 0; axis < grad.rank(); ++axis) {
    if (axis < missing || (shape[axis - missing] == 1 && grad.shape()[axis] != 1)) axes.push_back(axis);
  }
  static const Op& sum = find_op("sum");
  static const Op& reshape = find_op("reshape");
  const Tensor summed = axes.empty() ? grad : apply(sum, ReduceAttrs{axes, false}, {grad})[0];
  return summed.shape() == shape ? summed : apply(reshape, ReshapeAttrs{shape}, {summed})[0];
}

Tensor numeric(const Tensor& x) { return x.dtype() == DType::kBool ? cast(x, DType::kInt32) : x; }

Tensor floating(const Tensor& x) { return is_floating(x.dtype()) ? x : cast(x, DType::kFloat32); }

Tensor scalar_like(double value, const Tensor& like) {
  const DType own = like.dtype();
  if (is_floating(own)) return full({}, value, own);
  if (value == std::floor(value)) {
    for (const DType dtype : {own, DType::kInt32, DType::kInt64}) {
      if (is_integer(dtype) && holds(dtype, value)) return full({}, value, dtype);
    }
  }
  return full({}, value, DType::kFloat32);
}

}  // namespace lamina::detail
