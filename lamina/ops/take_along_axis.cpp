// Records of take_along_axis and scatter_add_along_axis, each the other's adjoint.
#include "lamina/ops/take_along_axis.h"

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/indices_json.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

Shape with_extent(Shape shape, int axis, int64_t extent) {
  shape.set(axis, extent);
  return shape;
}

std::vector<TensorType> infer_take(const InferArgs& args) {
  const int axis = args.attrs.as<TakeAlongAxisAttrs>().axis;
  const Shape &x = args.inputs[0].shape, &indices = args.inputs[1].shape;
  if (axis < 0 || axis >= x.rank()) args.fail("axis " + std::to_string(axis) + " is out of range");
  if (indices.rank() != x.rank() || with_extent(indices, axis, 0) != with_extent(x, axis, 0))
    args.fail("x and the indices must have one shape but for axis " + std::to_string(axis));
  return {{args.inputs[0].dtype, indices}};
}

std::vector<TensorType> infer_scatter(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ScatterAddAlongAxisAttrs>();
  const Shape& updates = args.inputs[0].shape;
  if (attrs.axis < 0 || attrs.axis >= updates.rank())
    args.fail("axis " + std::to_string(attrs.axis) + " is out of range");
  if (args.inputs[1].shape != updates) args.fail("updates and indices must have one shape");
  if (attrs.size < 0) args.fail("size must not be negative");
  return {{args.inputs[0].dtype, with_extent(updates, attrs.axis, attrs.size)}};
}

std::vector<Tensor> vjp_take(const VjpArgs& args) {
  const int axis = args.attrs.as<TakeAlongAxisAttrs>().axis;
  return {scatter_add_along_axis(args.grads[0], args.inputs[1], axis, args.inputs[0].shape()[axis]),
          Tensor()};
}

// Updates that were dropped had no influence.
std::vector<Tensor> vjp_scatter(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<ScatterAddAlongAxisAttrs>();
  const Tensor& indices = args.inputs[1];
  const auto size = static_cast<double>(attrs.size);
  const Tensor wide = cast(indices, DType::kInt64);
  const Tensor counts = ops::logical_and(ops::greater_equal(wide, -size), ops::less(wide, size));
  return {where(counts, take_along_axis(args.grads[0], indices, attrs.axis), 0.0), Tensor()};
}

const Op& take_op =
    register_op<TakeAlongAxisAttrs>({.name = "take_along_axis",
                                     .doc = "The elements of x at one index each along an axis",
                                     .inputs = {{"x"}, {"indices", DTypeClass::kInteger}},
                                     .outputs = {"y"},
                                     .infer = infer_take,
                                     .flops = no_flops,
                                     .vjp = vjp_take});

const Op& scatter_op = register_op<ScatterAddAlongAxisAttrs>(
    {.name = "scatter_add_along_axis",
     .doc = "Zeros to which each update is added at its index along an axis",
     .inputs = {{"updates", DTypeClass::kNumeric}, {"indices", DTypeClass::kInteger}},
     .outputs = {"y"},
     .infer = infer_scatter,
     .flops = detail::flops_per_input_element<1>,
     .vjp = vjp_scatter});

void check(const Tensor& x, const Tensor& indices) {
  if (indices.dtype() == DType::kBool || is_floating(indices.dtype()))
    throw InvalidArgument("take_along_axis: the indices must be integers, but are " + indices.type().str());
  if (x.rank() != indices.rank()) {
    throw InvalidArgument("take_along_axis: x and its indices must have as many axes, but are " +
                          x.type().str() + " and " + indices.type().str());
  }
}

}  // namespace

Tensor take_along_axis(const Tensor& x, const Tensor& indices, std::optional<int> axis) {
  if (is_symbolic(x) || is_symbolic(indices)) {
    return detail::recorded("TakeAlongAxis", {x, indices},
                            Json::object({{"axis", axis ? Json(*axis) : Json()}}));
  }
  if (!axis) return take_along_axis(reshape(x, {-1}), indices, 0);
  check(x, indices);
  const int place = detail::checked_axis("take_along_axis", x, *axis);
  Shape common;
  try {
    common = broadcast(with_extent(x.shape(), place, 1), with_extent(indices.shape(), place, 1));
  } catch (const InvalidArgument&) {
    throw InvalidArgument("take_along_axis: " + x.type().str() + " and indices " + indices.type().str() +
                          " do not broadcast but for axis " + std::to_string(*axis));
  }
  const Tensor whole = broadcast_to(x, with_extent(common, place, x.shape()[place]));
  const Tensor each = broadcast_to(indices, with_extent(common, place, indices.shape()[place]));
  return apply(take_op, TakeAlongAxisAttrs{place}, {whole, each})[0];
}

Tensor scatter_add_along_axis(const Tensor& updates, const Tensor& indices, int axis, int64_t size) {
  const int place = detail::checked_axis("scatter_add_along_axis", updates, axis);
  return apply(scatter_op, ScatterAddAlongAxisAttrs{place, size}, {updates, indices})[0];
}

namespace {

const bool take_along_axis_recorded = detail::register_operations(
    detail::kNumpyOps, {{"TakeAlongAxis",
                         [](const OperationCall& call) {
                           return take_along_axis(call.tensor(0), detail::indices_of(call, 1),
                                                  detail::optional_axis_of(call));
                         },
                         {"x", "indices"}}});

}  // namespace

}  // namespace lamina
