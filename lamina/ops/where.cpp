// Record of where.
#include "lamina/ops/where.h"

#include "lamina/ops/cast.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/tiles.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_where(const InferArgs& args) {
  if (args.inputs[1].dtype != args.inputs[2].dtype) args.fail("a and b must have one dtype; cast them first");
  return {{args.inputs[1].dtype, detail::broadcast_inputs(args)}};
}

std::vector<Tensor> where_vjp(const VjpArgs& args) {
  const Tensor& condition = args.inputs[0];
  return {Tensor(), detail::sum_to(where(condition, args.grads[0], 0.0), args.inputs[1].shape()),
          detail::sum_to(where(condition, 0.0, args.grads[0]), args.inputs[2].shape())};
}

const Op& op =
    register_op({.name = "where",
                 .doc = "a where the condition holds, else b",
                 .inputs = {{"condition", DTypeClass::kBool}, {"a"}, {"b"}},
                 .outputs = {"y"},
                 .infer = infer_where,
                 .vjp = where_vjp,
                 .tile = [](std::span<const DType>, DType output) { return detail::where_tile(output); },
                 .elementwise = true});

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  if (is_symbolic(condition) || is_symbolic(a) || is_symbolic(b))
    return detail::recorded("Where", {condition, detail::operand(a), detail::operand(b)});
  const std::vector<Tensor> choices = detail::in_one_dtype({a, b});
  return apply(op, {}, {cast(condition, DType::kBool), choices[0], choices[1]})[0];
}
Tensor where(const Tensor& condition, const Tensor& a, double b) {
  if (is_symbolic(condition) || is_symbolic(a))
    return detail::recorded("Where", {condition, detail::operand(a), detail::number_json(b)});
  return where(condition, a, detail::scalar_like(b, a));
}
Tensor where(const Tensor& condition, double a, const Tensor& b) {
  if (is_symbolic(condition) || is_symbolic(b))
    return detail::recorded("Where", {condition, detail::number_json(a), detail::operand(b)});
  return where(condition, detail::scalar_like(a, b), b);
}

namespace {

// A number of a file, in the dtype that it has for Python.
Tensor plain(const Json& value) {
  if (value.is_bool()) return full({}, value.as_bool(), DType::kBool);
  return full({}, value.as_double(), value.is_int() ? DType::kInt32 : DType::kFloat32);
}

const bool where_recorded = detail::register_operations(
    detail::kNumpyOps, {{"Where",
                         [](const OperationCall& call) {
                           if (!call.value(1).is_null() && !call.value(2).is_null())
                             return where(call.tensor(0), plain(call.value(1)), plain(call.value(2)));
                           if (!call.value(1).is_null())
                             return where(call.tensor(0), call.number(1), call.tensor(2));
                           if (!call.value(2).is_null())
                             return where(call.tensor(0), call.tensor(1), call.number(2));
                           return where(call.tensor(0), call.tensor(1), call.tensor(2));
                         },
                         {"condition", "x1", "x2"}}});

}  // namespace

}  // namespace lamina
