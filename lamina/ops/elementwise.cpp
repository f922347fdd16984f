// Type rules, conversion of plain numbers and gradients of broadcasts, for all elementwise ops.
#include <cmath>

#include "lamina/ops/cast.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

namespace lamina::detail {
namespace {

void check_dtypes(const InferArgs& args) {
  for (const TensorType& input : args.inputs) {
    if (input.dtype != args.inputs[0].dtype) args.fail("the inputs must have one dtype; cast them first");
  }
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
  check_dtypes(args);
  return {{args.inputs[0].dtype, broadcast_inputs(args)}};
}

std::vector<TensorType> infer_predicate(const InferArgs& args) {
  check_dtypes(args);
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
  const Tensor summed = axes.empty() ? grad : apply(find_op("sum"), ReduceAttrs{axes, false}, {grad})[0];
  return apply(find_op("reshape"), ReshapeAttrs{shape}, {summed})[0];
}

Tensor numeric(const Tensor& x) { return x.dtype() == DType::kBool ? cast(x, DType::kInt32) : x; }

Tensor floating(const Tensor& x) { return is_floating(x.dtype()) ? x : cast(x, DType::kFloat32); }

Tensor scalar_like(double value, const Tensor& like) {
  DType dtype = like.dtype();
  if (!is_floating(dtype) && !(std::isfinite(value) && value == std::floor(value))) dtype = DType::kFloat32;
  if (dtype == DType::kBool) dtype = DType::kInt32;
  return full({}, value, dtype);
}

}  // namespace lamina::detail
