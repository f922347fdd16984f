// Dead code elimination: one walk backwards to mark, one forwards to copy.
#include "lamina/graph/passes/dce.h"

#include <algorithm>

#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

// Keeps the node without its last outputs, where it can do without those that nothing needs.
bool keep_part(const Node& node, const std::vector<bool>& needed, Rewriter& rewrite) {
  if (!node.op->without_unused) return false;
  std::vector<bool> used;
  for (ValueId output : node.outputs) used.push_back(needed[static_cast<size_t>(output)]);
  const std::optional<Attrs> attrs = node.op->without_unused(node.attrs, used);
  if (!attrs) return false;
  const std::vector<ValueId> outputs = rewrite.add(*node.op, *attrs, rewrite(node.inputs));
  for (size_t i = 0; i < outputs.size(); ++i) rewrite.map(node.outputs[i], outputs[i]);
  return true;
}

}  // namespace

Graph dce(const Graph& graph) {
  std::vector<bool> needed = escaping(graph);
  std::vector<bool> live(graph.nodes.size(), false);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    live[n] = std::any_of(node.outputs.begin(), node.outputs.end(),
                          [&](ValueId output) { return needed[static_cast<size_t>(output)]; });
    if (!live[n]) continue;
    for (ValueId input : node.inputs) needed[static_cast<size_t>(input)] = true;
  }
  Rewriter rewrite(graph);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (live[n] && !keep_part(graph.nodes[n], needed, rewrite)) rewrite.keep(graph.nodes[n]);
  }
  return rewrite.finish();
}

}  // namespace lamina::passes
