// Building a graph from another.
#include "lamina/graph/rewriter.h"

namespace lamina {

Rewriter::Rewriter(const Graph& from) : from_(from), map_(from.values.size(), -1) {
  for (ValueId input : from.inputs) {
    const Value& value = from.values[static_cast<size_t>(input)];
    map(input, to_.add_input(value.type, value.name));
  }
}

std::vector<ValueId> Rewriter::operator()(const std::vector<ValueId>& old) const {
  std::vector<ValueId> now;
  for (ValueId value : old) now.push_back((*this)(value));
  return now;
}

void Rewriter::keep(const Node& node) {
  std::vector<ValueId> outputs;
  for (ValueId output : node.outputs) {
    const Value& value = from_.values[static_cast<size_t>(output)];
    outputs.push_back(to_.add_value(value.type, value.name, value.layout));
    map(output, outputs.back());
  }
  to_.nodes.push_back({node.op, node.attrs, (*this)(node.inputs), std::move(outputs)});
}

std::vector<ValueId> Rewriter::add(const Op& op, Attrs attrs, std::vector<ValueId> inputs) {
  return to_.add_node(op, std::move(attrs), std::move(inputs));
}

Graph Rewriter::finish() {
  to_.outputs = (*this)(from_.outputs);
  for (const Update& update : from_.updates) to_.updates.push_back({update.input, (*this)(update.value)});
  return std::move(to_);
}

}  // namespace lamina
