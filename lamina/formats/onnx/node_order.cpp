// Putting nodes in order, and finding what no order can be made of.
#include "lamina/formats/onnx/node_order.h"

#include <fmt/format.h>

#include <functional>
#include <set>
#include <unordered_map>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"

namespace lamina::onnx {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;

namespace {

/// Who reads what a node gives, and for how many nodes each has to wait.
struct Waiting {
  explicit Waiting(int count) : readers(static_cast<size_t>(count)), counts(static_cast<size_t>(count), 0) {}
  void add(int reader, int maker) {
    readers[static_cast<size_t>(maker)].push_back(reader);
    ++counts[static_cast<size_t>(reader)];
  }
  std::vector<std::vector<int>> readers;
  std::vector<int> counts;
};

// Puts nodes in order, the first of those that can be next; false where a cycle leaves some, which `waiting` counts.
bool put_in_order(GraphProto& graph, Waiting& waiting) {
  std::set<int> ready;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (waiting.counts[static_cast<size_t>(i)] == 0) ready.insert(i);
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int next = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(next);
    for (const int reader : waiting.readers[static_cast<size_t>(next)]) {
      if (--waiting.counts[static_cast<size_t>(reader)] == 0) ready.insert(reader);
    }
  }
  if (order.size() != waiting.counts.size()) return false;
  google::protobuf::RepeatedPtrField<NodeProto> sorted;
  for (const int next : order) sorted.Add()->Swap(graph.mutable_node(next));
  graph.mutable_node()->Swap(&sorted);
  return true;
}

}  // namespace

void sort_nodes(GraphProto& graph, const std::vector<std::string>& given, const Definitions& definitions) {
  const int count = graph.node_size();
  std::unordered_map<std::string, int> maker;
  for (const std::string& name : given) maker[name] = -1;
  for (int i = 0; i < count; ++i) {
    for (const std::string& output : graph.node(i).output()) {
      if (output.empty()) continue;
      if (!maker.emplace(output, i).second)
        throw InvalidArgument("two nodes give '" + printable(output) + "', or a node and an input do");
    }
  }
  // Names that a subgraph makes itself are none of this graph's.
  const std::function<void(const NodeProto&, std::set<std::string>, const std::function<void(const std::string&)>&)>
      reads = [&](const NodeProto& node, std::set<std::string> inner,
                  const std::function<void(const std::string&)>& look) {
        for (const std::string& name : node.input()) {
          if (!name.empty() && !inner.contains(name)) look(name);
        }
        for (const auto& attribute : node.attribute()) {
          if (!attribute.has_g()) continue;
          std::set<std::string> names = inner;
          for (const auto& input : attribute.g().input()) names.insert(input.name());
          for (const auto& [name, value] : definitions.initializers(attribute.g())) names.insert(name);
          for (const NodeProto& each : attribute.g().node()) names.insert(each.output().begin(), each.output().end());
          for (const NodeProto& each : attribute.g().node()) reads(each, names, look);
          for (const auto& output : attribute.g().output()) {
            if (!names.contains(output.name())) look(output.name());
          }
        }
      };
  Waiting waiting(count);
  for (int i = 0; i < count; ++i) {
    std::set<int> makers;
    reads(graph.node(i), {}, [&](const std::string& name) {
      const auto found = maker.find(name);
      if (found == maker.end()) {
        throw InvalidArgument(fmt::format("node '{}' ({}) reads '{}', which no node, input or initializer gives",
                                          printable(graph.node(i).name()), printable(graph.node(i).op_type()),
                                          printable(name)));
      }
      if (found->second >= 0) makers.insert(found->second);
    });
    for (const int each : makers) waiting.add(i, each);
  }
  if (!put_in_order(graph, waiting)) {
    for (int i = 0; i < count; ++i) {
      if (waiting.counts[static_cast<size_t>(i)] > 0)
        throw InvalidArgument(fmt::format("its graph has a cycle: node '{}' ({}) waits for its own result",
                                          printable(graph.node(i).name()), printable(graph.node(i).op_type())));
    }
  }
  for (const auto& output : graph.output()) {
    if (!maker.contains(output.name()))
      throw InvalidArgument("nothing gives its output '" + printable(output.name()) + "'");
  }
}

void sort_nodes_inside(GraphProto& graph) {
  std::unordered_map<std::string, int> maker;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) maker[output] = i;
  }
  Waiting waiting(graph.node_size());
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& input : graph.node(i).input()) {
      if (const auto found = maker.find(input); found != maker.end()) waiting.add(i, found->second);
    }
  }
  if (!put_in_order(graph, waiting)) throw InvalidArgument("the graph of one of its functions has a cycle");
}

}  // namespace lamina::onnx
