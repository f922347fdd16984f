// Building, printing and indexing graphs.
#include "lamina/graph/graph.h"

#include <algorithm>

namespace lamina {
namespace {

std::string id(ValueId value) { return "%" + std::to_string(value); }

}  // namespace

ValueId Graph::add_value(TensorType type, std::string name, Layout layout) {
  values.push_back({std::move(type), std::move(layout), std::move(name)});
  return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::add_input(TensorType type, std::string name) {
  inputs.push_back(add_value(std::move(type), std::move(name)));
  return inputs.back();
}

std::vector<ValueId> Graph::add_node(const Op& op, Attrs attrs, std::vector<ValueId> node_inputs) {
  std::vector<TensorType> types;
  for (ValueId input : node_inputs) types.push_back(type(input));
  std::vector<ValueId> node_outputs;
  for (TensorType& output : infer(op, attrs, types)) node_outputs.push_back(add_value(std::move(output)));
  nodes.push_back({&op, std::move(attrs), std::move(node_inputs), node_outputs});
  return node_outputs;
}

std::string Graph::str() const {
  std::string text;
  const auto declare = [&](ValueId value) {
    const Layout& l = layout(value);
    return id(value) + ": " + type(value).str() + (l.row_major() ? "" : "@" + l.str());
  };
  for (ValueId input : inputs) {
    text += declare(input) + " = input " + detail::attr_text(values[static_cast<size_t>(input)].name) + "\n";
  }
  for (const Node& node : nodes) {
    for (size_t i = 0; i < node.outputs.size(); ++i) text += (i ? ", " : "") + declare(node.outputs[i]);
    text += " = " + node.op->name + "(";
    for (size_t i = 0; i < node.inputs.size(); ++i) text += (i ? ", " : "") + id(node.inputs[i]);
    const std::string attributes = node.attrs.str();
    text += ")" + (attributes.empty() ? "" : " {" + attributes + "}") + "\n";
  }
  for (const Update& update : updates) {
    text += "update " + id(inputs[static_cast<size_t>(update.input)]) + " = " + id(update.value) + "\n";
  }
  text += "return";
  for (size_t i = 0; i < outputs.size(); ++i) text += (i ? ", " : " ") + id(outputs[i]);
  return text + "\n";
}

std::vector<int> producers(const Graph& graph) {
  std::vector<int> result(graph.values.size(), -1);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (ValueId output : graph.nodes[n].outputs) result[static_cast<size_t>(output)] = static_cast<int>(n);
  }
  return result;
}

std::vector<std::vector<int>> users(const Graph& graph) {
  std::vector<std::vector<int>> result(graph.values.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (ValueId input : graph.nodes[n].inputs) {
      auto& list = result[static_cast<size_t>(input)];
      if (list.empty() || list.back() != static_cast<int>(n)) list.push_back(static_cast<int>(n));
    }
  }
  return result;
}

std::vector<bool> escaping(const Graph& graph) {
  std::vector<bool> result(graph.values.size(), false);
  for (ValueId output : graph.outputs) result[static_cast<size_t>(output)] = true;
  for (const Update& update : graph.updates) result[static_cast<size_t>(update.value)] = true;
  return result;
}

}  // namespace lamina
