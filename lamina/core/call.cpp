// Op `call`: the derivative of a compiled function is that of the graph that it was compiled from.
#include "lamina/core/call.h"

#include "lamina/core/tensor_node.h"

namespace lamina::detail {
namespace {

std::vector<Tensor> call_vjp(const VjpArgs& args) {
  // Under fresh handles, since a tensor may come twice.
  std::vector<Tensor> inputs, by;
  for (const Tensor& input : args.inputs) {
    inputs.push_back(fresh_handle(input));
    if (is_floating(input.dtype())) by.push_back(inputs.back());
  }
  const std::vector<Tensor> results = replay(args.attrs.as<CallAttrs>().body, inputs);
  std::vector<Tensor> outputs, cotangents;
  for (size_t i = 0; i < results.size(); ++i) {
    if (!args.grads[i].defined()) continue;
    outputs.push_back(results[i]);
    cotangents.push_back(args.grads[i]);
  }
  const std::vector<Tensor> gradients = vjp(outputs, by, cotangents);
  std::vector<Tensor> all(inputs.size());
  size_t next = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (is_floating(inputs[i].dtype())) all[i] = gradients[next++];
  }
  return all;
}

const Op& call_op = register_op<CallAttrs>({
    .name = "call",
    .doc = "The results of a compiled function.",
    .variadic = true,
    .outputs = {"results"},
    .infer =
        [](const InferArgs& args) {
          const Graph& graph = *args.attrs.as<CallAttrs>().body.graph;
          std::vector<TensorType> types;
          for (ValueId output : graph.outputs) types.push_back(graph.type(output));
          return types;
        },
    .vjp = call_vjp,
    .body = [](const Attrs& attrs,
               std::span<const Tensor> inputs) { return replay(attrs.as<CallAttrs>().body, inputs); },
});

}  // namespace

void remember_call(CallAttrs attrs, std::span<const Tensor> arguments, std::span<const Tensor> captured,
                   std::span<const Tensor> results) {
  const std::shared_ptr<PendingOp> op = new_pending_op();
  op->op = &call_op;
  op->attrs = std::move(attrs);
  op->inputs.assign(arguments.begin(), arguments.end());
  op->inputs.insert(op->inputs.end(), captured.begin(), captured.end());
  for (size_t i = 0; i < results.size(); ++i) {
    TensorNode& node = *results[i].node();
    node.producer = op;
    node.index = static_cast<int>(i);
    op->outputs.push_back(results[i].node());
  }
  const std::vector<Tensor> inputs(op->inputs.begin(), op->inputs.end());
  PendingOp* const ops[] = {op.get()};
  remember(results, ops, inputs, {}, 1);  // the caller's list of arguments
}

}  // namespace lamina::detail
