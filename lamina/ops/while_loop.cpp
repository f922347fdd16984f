// while_loop: a sub-graph repeated as long as another says so.
#include "lamina/base/error.h"
#include "lamina/core/call.h"
#include "lamina/core/flops.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/control.h"
#include "lamina/ops/detail/control.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

using detail::TracedBody;

std::vector<TensorType> infer_while_loop(const InferArgs& args) {
  const auto& attrs = args.attrs.as<WhileLoopAttrs>();
  const std::vector<TensorType> inputs(args.inputs.begin(), args.inputs.end());
  if (inputs != detail::input_types(attrs.body) || inputs != detail::input_types(attrs.cond)) {
    args.fail("the body takes " + detail::type_list(detail::input_types(attrs.body)));
  }
  const std::vector<TensorType> test = detail::output_types(attrs.cond);
  if (test != std::vector<TensorType>{{DType::kBool, {}}}) {
    throw InvalidArgument("while_loop: cond must return a bool scalar, not " + detail::type_list(test) +
                          ": compare, or reduce with any() or all()");
  }
  if (attrs.num_variables < 0 || static_cast<size_t>(attrs.num_variables) > inputs.size()) {
    args.fail(std::to_string(attrs.num_variables) + " loop variables of " + std::to_string(inputs.size()) +
              " inputs");
  }
  std::vector<TensorType> variables(inputs.begin(), inputs.begin() + attrs.num_variables);
  if (const auto results = detail::output_types(attrs.body); results != variables) {
    throw InvalidArgument("while_loop: the body must return the loop variables in their shapes and dtypes, " +
                          detail::type_list(variables) + "; it returns " + detail::type_list(results));
  }
  variables.push_back({DType::kInt64, {}});
  return variables;
}

// Of as many rounds as there may be.
double while_flops(const CostArgs& args) {
  const auto& attrs = args.attrs.as<WhileLoopAttrs>();
  if (attrs.max_iterations < 0)
    throw Unsupported("while_loop: what it costs is not known without .max_iterations");
  return static_cast<double>(attrs.max_iterations) *
         (detail::flops(*attrs.cond.graph) + detail::flops(*attrs.body.graph));
}

// The same loop as a scan of max_iterations steps, of which those beyond the end change nothing. It needs the
// number of iterations, so that the loop itself runs, too, and has its say about the bound.
std::vector<Tensor> bounded(const WhileLoopAttrs& attrs, const std::vector<Tensor>& inputs,
                            const Tensor& iterations) {
  const auto split = inputs.begin() + attrs.num_variables;
  const std::vector<Tensor> constants(split, inputs.end());
  std::vector<Tensor> init(inputs.begin(), split);
  init.push_back(full({}, 0, DType::kInt64));
  const ScanFunction step = [&](const std::vector<Tensor>& carry, const std::vector<Tensor>&) -> ScanResult {
    const std::vector<Tensor> variables(carry.begin(), carry.end() - 1);
    const auto once = [&](const std::vector<Tensor>& now) {
      std::vector<Tensor> all = now;
      all.insert(all.end(), constants.begin(), constants.end());
      return detail::replay(attrs.body, all);
    };
    const auto done = [](const std::vector<Tensor>& now) { return now; };
    ScanResult result{cond(less(carry.back(), iterations), once, done, variables), {}};
    result.carry.push_back(carry.back() + full({}, 1, DType::kInt64));
    return result;
  };
  std::vector<Tensor> results = scan(step, init, {}, {.length = attrs.max_iterations}).carry;
  results.pop_back();
  return results;
}

std::vector<Tensor> while_loop_vjp(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<WhileLoopAttrs>();
  if (attrs.max_iterations < 0) {
    throw InvalidArgument(
        "while_loop: its gradient needs a bound on the iterations: give .max_iterations, or use scan, whose "
        "length is known");
  }
  // Under fresh handles, since a tensor may come twice.
  std::vector<Tensor> inputs;
  for (const Tensor& input : args.inputs) inputs.push_back(detail::fresh_handle(input));
  const std::vector<Tensor> results = bounded(attrs, inputs, args.outputs.back());
  std::vector<Tensor> outputs, cotangents;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!args.grads[i].defined() || !is_floating(results[i].dtype())) continue;
    outputs.push_back(results[i]);
    cotangents.push_back(args.grads[i]);
  }
  const std::vector<Tensor> gradients = vjp(outputs, detail::floating(inputs), cotangents);
  std::vector<Tensor> all(inputs.size());
  size_t next = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (is_floating(inputs[i].dtype())) all[i] = gradients[next++];
  }
  return all;
}

const Op& while_loop_op = register_op<WhileLoopAttrs>({
    .name = "while_loop",
    .doc = "The loop variables after repeating the body while cond holds, and the number of iterations.",
    .variadic = true,
    .outputs = {"results"},
    .infer = infer_while_loop,
    .flops = while_flops,
    .vjp = while_loop_vjp,
});

}  // namespace

std::vector<Tensor> while_loop(const std::function<Tensor(const std::vector<Tensor>&)>& cond,
                               const TensorFunction& body, const std::vector<Tensor>& init,
                               WhileLoopOptions options) {
  if (options.max_iterations && *options.max_iterations < 0) {
    throw InvalidArgument("while_loop: max_iterations must be 0 or more, received " +
                          std::to_string(*options.max_iterations));
  }
  const std::vector<TensorType> types = detail::types_of(init);
  const Device device = init.empty() ? current_device() : init[0].device();
  TracedBody test = detail::trace_body(
      [&](const std::vector<Tensor>& variables) { return std::vector<Tensor>{cond(variables)}; }, types,
      device);
  TracedBody step = detail::trace_body(body, types, device);
  TracedBody* const both[] = {&test, &step};
  std::vector<Tensor> inputs = init;
  for (Tensor& tensor : detail::share_captures(both)) inputs.push_back(std::move(tensor));
  const WhileLoopAttrs attrs{test.body, step.body, static_cast<int>(init.size()),
                             options.max_iterations.value_or(-1)};
  std::vector<Tensor> results = apply(while_loop_op, attrs, std::move(inputs));
  results.pop_back();
  return results;
}

}  // namespace lamina
