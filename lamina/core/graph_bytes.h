// What a graph that is kept costs. Internal header.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::detail {

/// With what attributes hold, and what the allocator adds to many small pieces: measured as growth of the
/// process over 800 programs of dense networks.
inline size_t graph_bytes(const Graph& graph) {
  size_t total = graph.values.size() * sizeof(Value);
  for (const Node& node : graph.nodes) {
    constexpr size_t kAttrs = 384;
    total += sizeof(Node) + kAttrs + (node.inputs.size() + node.outputs.size()) * sizeof(ValueId);
  }
  return total;
}

}  // namespace lamina::detail
