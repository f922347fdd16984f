// Stable topological order with extra edges from readers of old state to writers of new state.
#include "lamina/graph/passes/schedule.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

using Edges = std::vector<std::vector<int>>;  // node -> nodes that must come later

// Kahn's algorithm, always taking the earliest node that is ready.
std::vector<int> order(const Edges& edges) {
  std::vector<int> missing(edges.size(), 0);
  for (const auto& later : edges) {
    for (int node : later) ++missing[static_cast<size_t>(node)];
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (size_t n = 0; n < edges.size(); ++n) {
    if (missing[n] == 0) ready.push(static_cast<int>(n));
  }
  std::vector<int> result;
  while (!ready.empty()) {
    result.push_back(ready.top());
    ready.pop();
    for (int node : edges[static_cast<size_t>(result.back())]) {
      if (--missing[static_cast<size_t>(node)] == 0) ready.push(node);
    }
  }
  return result;
}

// Whether `from` must come before one of `to`, or is one of them.
bool leads_to(const Edges& edges, int from, const std::vector<int>& to) {
  std::vector<bool> seen(edges.size(), false);
  std::vector<int> stack{from};
  seen[static_cast<size_t>(from)] = true;
  while (!stack.empty()) {
    const int node = stack.back();
    stack.pop_back();
    for (int next : edges[static_cast<size_t>(node)]) {
      if (!seen[static_cast<size_t>(next)]) stack.push_back(next);
      seen[static_cast<size_t>(next)] = true;
    }
  }
  return std::any_of(to.begin(), to.end(), [&](int node) { return seen[static_cast<size_t>(node)]; });
}

// Readers of each value, seen through views of it.
std::vector<std::vector<int>> readers_through_views(const Graph& graph) {
  std::vector<std::vector<int>> readers = users(graph);
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    if (!node.op->view) continue;
    const auto& of_view = readers[static_cast<size_t>(node.outputs[0])];
    auto& of_base = readers[static_cast<size_t>(node.inputs[0])];
    of_base.insert(of_base.end(), of_view.begin(), of_view.end());
  }
  return readers;
}

}  // namespace

Graph schedule(const Graph& graph) {
  if (graph.updates.empty()) return graph;
  const std::vector<int> producer = producers(graph);
  Edges edges(graph.nodes.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (ValueId input : graph.nodes[n].inputs) {
      const int from = producer[static_cast<size_t>(input)];
      if (from >= 0) edges[static_cast<size_t>(from)].push_back(static_cast<int>(n));
    }
  }
  std::vector<std::vector<int>> readers = readers_through_views(graph);
  for (const Update& update : graph.updates) {
    ValueId value = update.value;
    int writer = producer[static_cast<size_t>(value)];
    while (writer >= 0 && graph.nodes[static_cast<size_t>(writer)].op->view) {
      value = graph.nodes[static_cast<size_t>(writer)].inputs[0];
      writer = producer[static_cast<size_t>(value)];
    }
    if (writer < 0) continue;
    const ValueId old = graph.inputs[static_cast<size_t>(update.input)];
    std::vector<int>& before = readers[static_cast<size_t>(old)];
    std::erase(before, writer);
    // Who reads the new contents beside the old ones must have both: this update will be copied.
    if (leads_to(edges, writer, before)) continue;
    for (int reader : before) edges[static_cast<size_t>(reader)].push_back(writer);
  }
  Rewriter rewrite(graph);
  for (int n : order(edges)) rewrite.keep(graph.nodes[static_cast<size_t>(n)]);
  return rewrite.finish();
}

}  // namespace lamina::passes
