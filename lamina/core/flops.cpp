// Counting by the records, through bodies where they leave it to those.
#include "lamina/core/flops.h"

#include "lamina/base/error.h"
#include "lamina/core/trace.h"

namespace lamina::detail {

double flops_of_body(decltype(Op::body) body, const Attrs& attrs, std::span<const TensorType> inputs) {
  std::vector<Tensor> arguments;
  for (const TensorType& type : inputs) arguments.push_back(placeholder(type, current_device()));
  return flops(trace(body(attrs, arguments), arguments).graph);
}

double flops(const Op& op, const Attrs& attrs, std::span<const TensorType> inputs) {
  const std::vector<TensorType> outputs = infer(op, attrs, inputs);
  if (op.flops) return op.flops({attrs, inputs, outputs});
  if (op.view) return 0;
  if (op.elementwise) return static_cast<double>(outputs.at(0).shape.size());
  if (op.body) return flops_of_body(op.body, attrs, inputs);
  throw Unsupported("op '" + op.name + "' does not say what it costs: its record lacks .flops");
}

double flops(const Graph& graph) {
  double sum = 0;
  std::vector<TensorType> inputs;
  for (const Node& node : graph.nodes) {
    inputs.clear();
    for (ValueId input : node.inputs) inputs.push_back(graph.type(input));
    sum += flops(*node.op, node.attrs, inputs);
  }
  return sum;
}

}  // namespace lamina::detail
