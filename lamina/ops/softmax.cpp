// Records of softmax, its gradient, and log_softmax.
#include "lamina/ops/softmax.h"

#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/flops.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

int axis_of(const Attrs& attrs) { return attrs.as<SoftmaxAttrs>().axis; }

std::vector<TensorType> infer_softmax(const InferArgs& args) {
  const int axis = axis_of(args.attrs);
  if (axis < 0 || axis >= args.inputs[0].shape.rank())
    args.fail("axis " + std::to_string(axis) + " is out of range");
  return {args.inputs[0]};
}

std::vector<TensorType> infer_softmax_grad(const InferArgs& args) {
  if (args.inputs[0] != args.inputs[1]) args.fail("both arguments must have one type");
  return infer_softmax(args);
}

Tensor softmax_grad(const Tensor& y, const Tensor& dy, const Attrs& attrs) {
  return apply(find_op("softmax_grad"), attrs, {y, dy})[0];
}

Tensor total(const Tensor& x, const Attrs& attrs) { return sum(x, {axis_of(attrs)}, /*keepdims=*/true); }

std::vector<Tensor> vjp_softmax(const VjpArgs& args) {
  return {softmax_grad(args.outputs[0], args.grads[0], args.attrs)};
}

// dx = y (dy - s) with s = sum(dy y); for the cotangent c: with respect to dy the same map again, with
// respect to y c (dy - s) - dy sum(c y).
std::vector<Tensor> vjp_softmax_grad(const VjpArgs& args) {
  const Tensor& y = args.inputs[0];
  const Tensor& dy = args.inputs[1];
  const Tensor& c = args.grads[0];
  const Tensor with_y = c * (dy - total(dy * y, args.attrs)) - dy * total(c * y, args.attrs);
  return {with_y, softmax_grad(y, c, args.attrs)};
}

std::vector<Tensor> vjp_log_softmax(const VjpArgs& args) {
  return {args.grads[0] - exp(args.outputs[0]) * total(args.grads[0], args.attrs)};
}

const Op& softmax_op = register_op<SoftmaxAttrs>({.name = "softmax",
                                                  .doc = "exp(x) / sum(exp(x)) along an axis",
                                                  .inputs = {{"x", DTypeClass::kFloating}},
                                                  .outputs = {"y"},
                                                  .infer = infer_softmax,
                                                  .flops = detail::flops_per_input_element<5>,
                                                  .vjp = vjp_softmax,
                                                  .in_place = {{0, 0}}});

const Op& softmax_grad_op =
    register_op<SoftmaxAttrs>({.name = "softmax_grad",
                               .doc = "y (dy - sum(dy y)) along an axis: the gradient of y = softmax(x)",
                               .inputs = {{"y", DTypeClass::kFloating}, {"dy", DTypeClass::kFloating}},
                               .outputs = {"dx"},
                               .infer = infer_softmax_grad,
                               .flops = detail::flops_per_input_element<4>,
                               .vjp = vjp_softmax_grad,
                               .in_place = {{0, 0}, {0, 1}}});

const Op& log_softmax_op = register_op<SoftmaxAttrs>({.name = "log_softmax",
                                                      .doc = "x - log(sum(exp(x))) along an axis",
                                                      .inputs = {{"x", DTypeClass::kFloating}},
                                                      .outputs = {"y"},
                                                      .infer = infer_softmax,
                                                      .flops = detail::flops_per_input_element<5>,
                                                      .vjp = vjp_log_softmax,
                                                      .in_place = {{0, 0}}});

}  // namespace

Tensor softmax(const Tensor& x, int axis) {
  if (is_symbolic(x)) return detail::recorded("Softmax", {x}, Json::object({{"axis", axis}}));
  return apply(softmax_op, SoftmaxAttrs{detail::checked_axis("softmax", x, axis)}, {x})[0];
}

Tensor log_softmax(const Tensor& x, int axis) {
  if (is_symbolic(x)) return detail::recorded("LogSoftmax", {x}, Json::object({{"axis", axis}}));
  return apply(log_softmax_op, SoftmaxAttrs{detail::checked_axis("log_softmax", x, axis)}, {x})[0];
}

namespace {

const bool softmax_recorded = detail::register_operations(
    detail::kNnOps,
    {{"Softmax",
      [](const OperationCall& call) { return softmax(call.tensor(0), detail::axis_of(call, -1)); }},
     {"LogSoftmax",
      [](const OperationCall& call) { return log_softmax(call.tensor(0), detail::axis_of(call, -1)); }}});

}  // namespace

}  // namespace lamina
