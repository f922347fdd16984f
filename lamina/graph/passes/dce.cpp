// Dead code elimination: one walk backwards to mark, one forwards to copy.
#include "lamina/graph/passes/dce.h"

#include <algorithm>

#include "lamina/graph/rewriter.h"

namespace lamina::passes {

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
    if (live[n]) rewrite.keep(graph.nodes[n]);
  }
  return rewrite.finish();
}

}  // namespace lamina::passes
