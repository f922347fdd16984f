// Tracing of bodies, and applying them again.
#include "lamina/core/subgraph.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/core/history.h"
#include "lamina/core/trace.h"
#include "lamina/graph/read_graph.h"

namespace lamina::detail {
bool SubGraph::operator==(const SubGraph& other) const {
  if (graph == other.graph) return true;
  const Graph &a = *graph, &b = *other.graph;
  return a.inputs == b.inputs && a.outputs == b.outputs && a.nodes == b.nodes &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                    [](const Value& x, const Value& y) { return x.type == y.type; });
}

std::string SubGraph::str() const {
  std::string text = "{\n";
  for (const char c : "  " + graph->str()) {
    text += c;
    if (c == '\n') text += "  ";
  }
  text.resize(text.size() - 2);
  return text + "}";
}

void SubGraph::read(TextCursor& text) {
  const TextCursor::Level level(text);
  text.expect("{");
  graph = std::make_shared<const Graph>(read_graph(text));
  text.expect("}");
}

TracedBody trace_body(const TensorFunction& f, std::span<const TensorType> types, const Device& device) {
  const DeviceScope scope(device);
  std::vector<Tensor> arguments;
  for (const TensorType& type : types) arguments.push_back(placeholder(type, device));
  const uint64_t since = next_serial();
  Trace traced = trace(f(arguments), arguments, Older::kCaptured, since);
  if (traced.foreign) {
    throw InvalidArgument(
        "a function given to cond, while_loop or scan returns a tensor that stands for an argument of "
        "another "
        "function: it has no value here");
  }
  traced.graph.outputs = std::move(traced.results);
  return {{std::make_shared<const Graph>(std::move(traced.graph))}, std::move(traced.captured)};
}

std::vector<Tensor> share_captures(std::span<TracedBody* const> bodies) {
  std::vector<Tensor> all;
  const auto place = [](const std::vector<Tensor>& list, const Tensor& wanted) {
    return std::find_if(list.begin(), list.end(),
                        [&](const Tensor& t) { return t.node() == wanted.node(); }) -
           list.begin();
  };
  for (const TracedBody* body : bodies) {
    for (const Tensor& tensor : body->captured) {
      if (place(all, tensor) == static_cast<std::ptrdiff_t>(all.size())) all.push_back(tensor);
    }
  }
  for (TracedBody* body : bodies) {
    Graph graph = *body->body.graph;
    const size_t arguments = graph.inputs.size() - body->captured.size();
    const std::vector<ValueId> own(graph.inputs.begin() + static_cast<std::ptrdiff_t>(arguments),
                                   graph.inputs.end());
    graph.inputs.resize(arguments);
    for (const Tensor& tensor : all) {
      const auto at = static_cast<size_t>(place(body->captured, tensor));
      graph.inputs.push_back(at < own.size() ? own[at] : graph.add_value(tensor.type(), "unused"));
    }
    body->body.graph = std::make_shared<const Graph>(std::move(graph));
    body->captured = all;
  }
  return all;
}

std::vector<Tensor> replay(const SubGraph& body, std::span<const Tensor> inputs) {
  const Graph& graph = *body.graph;
  std::vector<Tensor> values(graph.values.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i) values[static_cast<size_t>(graph.inputs[i])] = inputs[i];
  const auto pick = [&](const std::vector<ValueId>& ids) {
    std::vector<Tensor> tensors;
    for (ValueId id : ids) tensors.push_back(values[static_cast<size_t>(id)]);
    return tensors;
  };
  for (const Node& node : graph.nodes) {
    const std::vector<Tensor> outputs = apply(*node.op, node.attrs, pick(node.inputs));
    for (size_t i = 0; i < outputs.size(); ++i) values[static_cast<size_t>(node.outputs[i])] = outputs[i];
  }
  return pick(graph.outputs);
}

}  // namespace lamina::detail
