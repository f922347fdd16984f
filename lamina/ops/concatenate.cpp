// Record of concatenate, and stack composed of it.
#include "lamina/ops/concatenate.h"

#include <algorithm>

#include <limits>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_concatenate(const InferArgs& args) {
  const int axis = args.attrs.as<ConcatenateAttrs>().axis;
  TensorType result = args.inputs[0];
  if (axis < 0 || axis >= result.shape.rank()) args.fail("axis " + std::to_string(axis) + " is out of range");
  detail::check_one_dtype(args);
  int64_t total = 0;
  for (const TensorType& input : args.inputs) {
    if (input.shape.rank() != result.shape.rank()) args.fail("all tensors must have the same number of axes");
    if (input.shape[axis] > std::numeric_limits<int64_t>::max() - total)
      args.fail("axis " + std::to_string(axis) + " of the result would be too long");
    total += input.shape[axis];
    Shape same = input.shape;
    same.set(axis, result.shape[axis]);
    if (same != result.shape) args.fail("extents may differ on axis " + std::to_string(axis) + " only");
  }
  result.shape.set(axis, total);
  return {result};
}

std::vector<Tensor> vjp_concatenate(const VjpArgs& args) {
  const auto axis = static_cast<size_t>(args.attrs.as<ConcatenateAttrs>().axis);
  const std::vector<int64_t> whole = args.grads[0].shape().dims();
  std::vector<int64_t> starts(axis + 1, 0);
  std::vector<int64_t> stops(whole.begin(), whole.begin() + static_cast<int64_t>(axis) + 1);
  std::vector<Tensor> result;
  for (const Tensor& input : args.inputs) {
    stops[axis] = starts[axis] + input.shape()[static_cast<int>(axis)];
    result.push_back(slice(args.grads[0], starts, stops));
    starts[axis] = stops[axis];
  }
  return result;
}

const Op& concatenate_op =
    register_op<ConcatenateAttrs>({.name = "concatenate",
                                   .doc = "The tensors one after the other along an axis",
                                   .inputs = {{"tensors"}},
                                   .variadic = true,
                                   .outputs = {"y"},
                                   .infer = infer_concatenate,
                                   .flops = no_flops,
                                   .vjp = vjp_concatenate});

void require_any(const char* function, const std::vector<Tensor>& tensors) {
  if (tensors.empty()) throw InvalidArgument(std::string(function) + ": needs at least one tensor");
}

}  // namespace

Tensor concatenate(const std::vector<Tensor>& tensors, int axis) {
  if (std::any_of(tensors.begin(), tensors.end(), is_symbolic))
    return detail::recorded("Concatenate", {tensors}, Json::object({{"axis", axis}}));
  require_any("concatenate", tensors);
  return apply(concatenate_op, ConcatenateAttrs{detail::checked_axis("concatenate", tensors[0], axis)},
               detail::in_one_dtype(tensors))[0];
}

Tensor stack(const std::vector<Tensor>& tensors, int axis) {
  if (std::any_of(tensors.begin(), tensors.end(), is_symbolic))
    return detail::recorded("Stack", {tensors}, Json::object({{"axis", axis}}));
  require_any("stack", tensors);
  std::vector<Tensor> expanded;
  for (const Tensor& tensor : tensors) {
    if (tensor.shape() != tensors[0].shape()) {
      throw InvalidArgument("stack: all tensors must have one shape; got " + tensors[0].shape().str() +
                            " and " + tensor.shape().str());
    }
    expanded.push_back(expand_dims(tensor, axis));
  }
  return concatenate(expanded, axis);
}

namespace {

const bool concatenate_recorded = detail::register_operations(
    detail::kNumpyOps,
    {{"Concatenate",
      [](const OperationCall& call) { return concatenate(call.tensors(0), detail::axis_of(call, 0)); },
      {"xs"}},
     {"Stack", [](const OperationCall& call) { return stack(call.tensors(0), detail::axis_of(call, 0)); }}});

}  // namespace

}  // namespace lamina
