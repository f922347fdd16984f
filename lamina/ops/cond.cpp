// cond: one of two sub-graphs.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/core/flops.h"
#include "lamina/ops/control.h"
#include "lamina/ops/detail/control.h"

namespace lamina {
namespace {

using detail::TracedBody;

std::vector<TensorType> infer_cond(const InferArgs& args) {
  const auto& attrs = args.attrs.as<CondAttrs>();
  if (args.inputs.empty() || args.inputs[0] != TensorType{DType::kBool, {}}) {
    args.fail("the predicate must be a bool scalar: compare, or reduce with any() or all()");
  }
  const std::vector<TensorType> operands(args.inputs.begin() + 1, args.inputs.end());
  if (operands != detail::input_types(attrs.true_fn) || operands != detail::input_types(attrs.false_fn)) {
    args.fail("the branches take " + detail::type_list(detail::input_types(attrs.true_fn)));
  }
  const std::vector<TensorType> results = detail::output_types(attrs.true_fn);
  if (results != detail::output_types(attrs.false_fn)) {
    throw InvalidArgument("cond: both branches must return the same shapes and dtypes; true_fn returns " +
                          detail::type_list(results) + ", false_fn " +
                          detail::type_list(detail::output_types(attrs.false_fn)));
  }
  return results;
}

// Of the costlier branch.
double cond_flops(const CostArgs& args) {
  const auto& attrs = args.attrs.as<CondAttrs>();
  return std::max(detail::flops(*attrs.true_fn.graph), detail::flops(*attrs.false_fn.graph));
}

// The choice between the gradients of the branches.
std::vector<Tensor> cond_vjp(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<CondAttrs>();
  const std::vector<Tensor> operands(args.inputs.begin() + 1, args.inputs.end());
  std::vector<Tensor> cotangents;
  for (const Tensor& grad : args.grads) {
    if (grad.defined()) cotangents.push_back(grad);
  }
  const auto gradient_of = [&](const detail::SubGraph& branch) -> TensorFunction {
    return [&](const std::vector<Tensor>& all) {
      const auto split = all.begin() + static_cast<std::ptrdiff_t>(operands.size());
      const std::vector<Tensor> inputs(all.begin(), split);
      const std::vector<Tensor> results = detail::replay(branch, inputs);
      std::vector<Tensor> outputs;
      for (size_t i = 0; i < results.size(); ++i) {
        if (args.grads[i].defined()) outputs.push_back(results[i]);
      }
      return vjp(outputs, detail::floating(inputs), {split, all.end()});
    };
  };
  std::vector<Tensor> all = operands;
  all.insert(all.end(), cotangents.begin(), cotangents.end());
  const std::vector<Tensor> gradients =
      cond(args.inputs[0], gradient_of(attrs.true_fn), gradient_of(attrs.false_fn), all);
  std::vector<Tensor> results(args.inputs.size());
  size_t next = 0;
  for (size_t i = 0; i < operands.size(); ++i) {
    if (is_floating(operands[i].dtype())) results[i + 1] = gradients[next++];
  }
  return results;
}

const Op& cond_op = register_op<CondAttrs>({
    .name = "cond",
    .doc = "true_fn(operands) where the predicate holds, else false_fn(operands).",
    .variadic = true,
    .outputs = {"results"},
    .infer = infer_cond,
    .flops = cond_flops,
    .vjp = cond_vjp,
});

}  // namespace

std::vector<Tensor> cond(const Tensor& pred, const TensorFunction& true_fn, const TensorFunction& false_fn,
                         const std::vector<Tensor>& operands) {
  const std::vector<TensorType> types = detail::types_of(operands);
  TracedBody yes = detail::trace_body(true_fn, types, pred.device());
  TracedBody no = detail::trace_body(false_fn, types, pred.device());
  TracedBody* const both[] = {&yes, &no};
  std::vector<Tensor> inputs{pred};
  inputs.insert(inputs.end(), operands.begin(), operands.end());
  for (Tensor& tensor : detail::share_captures(both)) inputs.push_back(std::move(tensor));
  return apply(cond_op, CondAttrs{yes.body, no.body}, std::move(inputs));
}

}  // namespace lamina
