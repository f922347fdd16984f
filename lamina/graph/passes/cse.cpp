// Common subexpression elimination by hashing.
#include "lamina/graph/passes/cse.h"

#include <unordered_map>

#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

size_t hash(const Op* op, const Attrs& attrs, const std::vector<ValueId>& inputs) {
  size_t result = std::hash<const void*>{}(op) ^ attrs.hash();
  for (ValueId input : inputs) result = result * 1000003u + static_cast<size_t>(input);
  return result;
}

}  // namespace

Graph cse(const Graph& graph) {
  Rewriter rewrite(graph);
  std::unordered_multimap<size_t, size_t> seen;  // hash -> node of the new graph
  for (const Node& node : graph.nodes) {
    const std::vector<ValueId> inputs = rewrite(node.inputs);
    const size_t key = hash(node.op, node.attrs, inputs);
    const Node* twin = nullptr;
    for (auto [at, end] = seen.equal_range(key); at != end && !twin; ++at) {
      const Node& candidate = rewrite.graph().nodes[at->second];
      if (candidate.op == node.op && candidate.inputs == inputs && candidate.attrs == node.attrs)
        twin = &candidate;
    }
    if (twin) {
      for (size_t i = 0; i < node.outputs.size(); ++i) rewrite.map(node.outputs[i], twin->outputs[i]);
    } else {
      rewrite.keep(node);
      seen.emplace(key, rewrite.graph().nodes.size() - 1);
    }
  }
  return rewrite.finish();
}

}  // namespace lamina::passes
