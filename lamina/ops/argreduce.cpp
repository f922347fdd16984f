// Records of argmax and argmin.
#include "lamina/ops/argreduce.h"

#include <limits>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_position(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ArgReduceAttrs>();
  const Shape& shape = args.inputs[0].shape;
  if (attrs.axis < 0 || attrs.axis >= shape.rank()) {
    args.fail("axis " + std::to_string(attrs.axis) + " is out of range");
  }
  if (shape[attrs.axis] == 0)
    args.fail("no elements to choose from along axis " + std::to_string(attrs.axis));
  if (shape[attrs.axis] > std::numeric_limits<int32_t>::max())
    args.fail("the axis is too long for an int32 index");
  Shape result;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis != attrs.axis) {
      result.push_back(shape[axis]);
    } else if (attrs.keepdims) {
      result.push_back(1);
    }
  }
  return {{DType::kInt32, result}};
}

const Op& argmax_op = register_op<ArgReduceAttrs>({.name = "argmax",
                                                   .doc = "Index of the first largest element along an axis",
                                                   .inputs = {{"x"}},
                                                   .outputs = {"index"},
                                                   .infer = infer_position,
                                                   .flops = detail::flops_per_input_element<1>,
                                                   .no_gradient = "the result is an integer"});

const Op& argmin_op = register_op<ArgReduceAttrs>({.name = "argmin",
                                                   .doc = "Index of the first smallest element along an axis",
                                                   .inputs = {{"x"}},
                                                   .outputs = {"index"},
                                                   .infer = infer_position,
                                                   .flops = detail::flops_per_input_element<1>,
                                                   .no_gradient = "the result is an integer"});

Tensor position(const Op& op, const Tensor& x, std::optional<int> axis, bool keepdims) {
  if (axis)
    return apply(op, ArgReduceAttrs{detail::checked_axis(op.name.c_str(), x, *axis), keepdims}, {x})[0];
  const Tensor place = apply(op, ArgReduceAttrs{0, false}, {reshape(x, {-1})})[0];
  return keepdims ? reshape(place, Shape(std::vector<int64_t>(static_cast<size_t>(x.rank()), 1))) : place;
}

Tensor draw(const char* name, const Tensor& x, std::optional<int> axis, bool keepdims) {
  return detail::recorded(name, {x},
                          Json::object({{"axis", axis ? Json(*axis) : Json()}, {"keepdims", keepdims}}));
}

}  // namespace

Tensor argmax(const Tensor& x, std::optional<int> axis, bool keepdims) {
  if (is_symbolic(x)) return draw("Argmax", x, axis, keepdims);
  return position(argmax_op, x, axis, keepdims);
}

Tensor argmin(const Tensor& x, std::optional<int> axis, bool keepdims) {
  if (is_symbolic(x)) return draw("Argmin", x, axis, keepdims);
  return position(argmin_op, x, axis, keepdims);
}

namespace {

template <Tensor (*op)(const Tensor&, std::optional<int>, bool)>
Tensor run_position(const OperationCall& call) {
  const Axes axis = detail::axes_of(call);
  return op(call.tensor(0), axis.empty() ? std::nullopt : std::optional<int>(axis.values()[0]),
            detail::flag_of(call, "keepdims"));
}

const bool argreduce_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Argmax", run_position<argmax>}, {"Argmin", run_position<argmin>}});

}  // namespace

}  // namespace lamina
