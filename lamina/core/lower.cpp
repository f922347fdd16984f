// Expansion of bodies, then the passes.
#include "lamina/core/lower.h"

#include "lamina/core/trace.h"
#include "lamina/graph/passes/pipeline.h"
#include "lamina/graph/passes/simplify.h"
#include "lamina/graph/passes/softmax_crossentropy.h"
#include "lamina/graph/rewriter.h"

namespace lamina::detail {
namespace {

bool runs(const Graph& graph, const Node& node, const Device& device) {
  if (node.op->view || node.op->elementwise) return true;
  KernelDesc desc{*node.op, node.attrs, {}, {}, device};
  for (ValueId input : node.inputs) desc.inputs.push_back({graph.type(input), {}});
  for (ValueId output : node.outputs) desc.outputs.push_back({graph.type(output), {}});
  return has_kernel(desc, device.kind);
}

void expand(const Node& node, const Graph& from, const Device& device, Rewriter& rewrite) {
  const DeviceScope scope(device);  // for what the body makes out of nothing
  std::vector<Tensor> arguments;
  for (ValueId input : node.inputs) arguments.push_back(placeholder(from.type(input), device));
  const Trace body = trace(node.op->body(node.attrs, arguments), arguments);

  // Constants that a body captures would need inputs of their own: bodies make them with `full` instead.
  if (!body.captured.empty() || body.foreign)
    throw InternalError("the body of op '" + node.op->name + "' captures a tensor");
  std::vector<ValueId> values(body.graph.values.size(), -1);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    values[static_cast<size_t>(body.graph.inputs[i])] = rewrite(node.inputs[i]);
  }
  for (const Node& inner : body.graph.nodes) {
    std::vector<ValueId> inputs;
    for (ValueId input : inner.inputs) inputs.push_back(values[static_cast<size_t>(input)]);
    const std::vector<ValueId> outputs = rewrite.add(*inner.op, inner.attrs, std::move(inputs));
    if (!node.outputs.empty() && !outputs.empty())
      rewrite.graph().values[static_cast<size_t>(outputs[0])].name =
          from.values[static_cast<size_t>(node.outputs[0])].name;
    for (size_t i = 0; i < outputs.size(); ++i) values[static_cast<size_t>(inner.outputs[i])] = outputs[i];
  }
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    rewrite.map(node.outputs[i], values[static_cast<size_t>(body.results[i])]);
  }
}

}  // namespace

Graph lower(const Graph& graph, const Device& device, std::span<const size_t> steady) {
  // Before bodies are expanded: the cross-entropies that this pass looks for have nothing but a body.
  Graph now = passes::softmax_crossentropy(passes::simplify(graph));
  // A body may hold fused ops in its turn: repeat until nothing is left to expand.
  for (bool changed = true; changed;) {
    changed = false;
    Rewriter rewrite(now);
    for (const Node& node : now.nodes) {
      if (node.op->body && !runs(now, node, device)) {
        expand(node, now, device, rewrite);
        changed = true;
      } else {
        rewrite.keep(node);
      }
    }
    now = rewrite.finish();
  }
  return passes::optimise(now, device.kind, steady);
}

}  // namespace lamina::detail
