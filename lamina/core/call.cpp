// Op `call`: the derivative of a compiled function is that of what it was compiled from.
#include "lamina/core/call.h"

#include "lamina/core/tensor_node.h"

namespace lamina::detail {
namespace {

std::vector<Tensor> call(const Attrs& attrs, std::span<const Tensor> inputs) {
  const auto& [name, function, results, num_arguments] = attrs.as<CallAttrs>();
  return (*function)({inputs.begin(), inputs.begin() + num_arguments});
}

std::vector<Tensor> call_vjp(const VjpArgs& args) {
  const auto num_arguments = static_cast<size_t>(args.attrs.as<CallAttrs>().num_arguments);
  // Arguments under fresh handles, since a tensor may come twice, or be captured, too.
  std::vector<Tensor> inputs(args.inputs.begin(), args.inputs.end());
  for (size_t i = 0; i < num_arguments; ++i) inputs[i] = fresh_handle(inputs[i]);
  const std::vector<Tensor> results = call(args.attrs, inputs);
  std::vector<Tensor> outputs, cotangents, by;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!args.grads[i].defined()) continue;
    outputs.push_back(results[i]);
    cotangents.push_back(args.grads[i]);
  }
  for (const Tensor& input : inputs) {
    if (is_floating(input.dtype())) by.push_back(input);
  }
  const std::vector<Tensor> gradients = vjp(outputs, by, cotangents);
  std::vector<Tensor> all(inputs.size());
  size_t next = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (is_floating(inputs[i].dtype())) all[i] = gradients[next++];
  }
  return all;
}

const Op& call_op = register_op({
    .name = "call",
    .doc = "The results of a compiled function.",
    .variadic = true,
    .outputs = {"results"},
    .infer = [](const InferArgs& args) { return args.attrs.as<CallAttrs>().results; },
    .vjp = call_vjp,
    .body = call,
});

}  // namespace

void remember_call(CallAttrs attrs, std::span<const Tensor> arguments, std::span<const Tensor> captured,
                   std::span<const Tensor> results) {
  const auto op = std::make_shared<PendingOp>();
  op->op = &call_op;
  op->inputs.assign(arguments.begin(), arguments.end());
  op->inputs.insert(op->inputs.end(), captured.begin(), captured.end());
  for (size_t i = 0; i < results.size(); ++i) {
    TensorNode& node = *results[i].node();
    node.producer = op;
    node.index = static_cast<int>(i);
    op->outputs.push_back(results[i].node());
    attrs.results.push_back(node.type);
  }
  attrs.num_arguments = static_cast<int>(arguments.size());
  op->attrs = std::move(attrs);
  const std::vector<Tensor> inputs = op->inputs;
  PendingOp* const ops[] = {op.get()};
  remember(results, ops, inputs, 1);  // the caller's list of arguments
}

}  // namespace lamina::detail
