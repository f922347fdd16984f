// Three walks: what is made of steady inputs, what of that is read by others, and what those reads need.
#include "lamina/graph/steady.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

namespace lamina {
namespace {

/// What a value is made of.
struct Origin {
  enum class Kind { kRun, kNothing, kSteady } kind = Kind::kRun;  // kNothing: of no input, as `full` is
  std::set<ValueId> inputs = {};
  size_t bytes = 0;         // of those inputs
  bool computed = false;    // by more than views
};

std::vector<Origin> origins(const Graph& graph, std::span<const size_t> steady) {
  std::vector<Origin> result(graph.values.size());
  for (const size_t input : steady) {
    const ValueId value = graph.inputs[input];
    result[static_cast<size_t>(value)] = {Origin::Kind::kSteady, {value}, graph.type(value).bytes()};
  }
  for (const Node& node : graph.nodes) {
    Origin origin{Origin::Kind::kNothing};
    for (const ValueId input : node.inputs) {
      const Origin& from = result[static_cast<size_t>(input)];
      if (from.kind == Origin::Kind::kRun) origin.kind = Origin::Kind::kRun;
      if (origin.kind == Origin::Kind::kRun) break;
      if (from.kind == Origin::Kind::kSteady) origin.kind = Origin::Kind::kSteady;
      origin.inputs.insert(from.inputs.begin(), from.inputs.end());
      origin.computed = origin.computed || from.computed;
    }
    if (origin.kind == Origin::Kind::kRun) continue;
    for (const ValueId input : origin.inputs) origin.bytes += graph.type(input).bytes();
    origin.computed = origin.computed || !node.op->view;
    size_t made = 0;
    for (const ValueId output : node.outputs) made += graph.type(output).bytes();
    // Kept tables that are larger than what they were made of would cost memory that nobody expects.
    if (origin.kind == Origin::Kind::kSteady && made > origin.bytes) continue;
    for (const ValueId output : node.outputs) result[static_cast<size_t>(output)] = origin;
  }
  return result;
}

/// The nodes before `value`, as a graph of its own.
SteadyPart part_of(const Graph& graph, const std::vector<int>& makers, const Origin& origin, ValueId value) {
  std::set<int> needed;
  std::vector<ValueId> open{value};
  while (!open.empty()) {
    const int maker = makers[static_cast<size_t>(open.back())];
    open.pop_back();
    if (maker < 0 || !needed.insert(maker).second) continue;
    const Node& node = graph.nodes[static_cast<size_t>(maker)];
    open.insert(open.end(), node.inputs.begin(), node.inputs.end());
  }
  SteadyPart part;
  std::map<ValueId, ValueId> now;
  const auto add_value = [&](ValueId old) {
    const Value& from = graph.values[static_cast<size_t>(old)];
    return now[old] = part.graph.add_value(from.type, "", from.layout);
  };
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    if (!origin.inputs.contains(graph.inputs[i])) continue;
    part.inputs.push_back(i);
    part.graph.inputs.push_back(add_value(graph.inputs[i]));
  }
  for (const int index : needed) {  // in their order
    Node node = graph.nodes[static_cast<size_t>(index)];
    for (ValueId& input : node.inputs) input = now.at(input);
    for (ValueId& output : node.outputs) output = add_value(output);
    part.graph.nodes.push_back(std::move(node));
  }
  part.graph.outputs = {now.at(value)};
  return part;
}

}  // namespace

std::vector<bool> steady_values(const Graph& graph, std::span<const size_t> steady) {
  const std::vector<Origin> from = origins(graph, steady);
  std::vector<bool> result(from.size());
  for (size_t i = 0; i < from.size(); ++i) result[i] = from[i].kind == Origin::Kind::kSteady;
  return result;
}

std::vector<SteadyPart> take_out_steady(Graph& graph, std::span<const size_t> steady) {
  const std::vector<Origin> from = origins(graph, steady);
  const std::vector<bool> escapes = escaping(graph);
  const std::vector<int> makers = producers(graph);
  const auto at = [](ValueId value) { return static_cast<size_t>(value); };
  // A node goes when all it makes is kept; one whose result is handed back stays, and so do those before it.
  std::vector<bool> goes(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    goes[i] = std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) {
      return from[at(output)].kind == Origin::Kind::kSteady && from[at(output)].computed &&
             !escapes[at(output)];
    });
  }
  // From the back: what stays is what others need that stay, and they read what goes as inputs.
  std::vector<bool> needed = escapes;
  std::vector<ValueId> read;
  std::vector<bool> stays(graph.nodes.size(), false);
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    stays[i] = !goes[i] && std::any_of(node.outputs.begin(), node.outputs.end(),
                                       [&](ValueId output) { return needed[at(output)]; });
    if (!stays[i]) continue;
    for (const ValueId input : node.inputs) {
      const int maker = makers[at(input)];
      const bool kept = maker >= 0 && goes[static_cast<size_t>(maker)];
      if (kept && !needed[at(input)]) read.push_back(input);
      needed[at(input)] = true;
    }
  }
  std::vector<SteadyPart> parts;
  for (const ValueId value : read) parts.push_back(part_of(graph, makers, from[at(value)], value));
  graph.inputs.insert(graph.inputs.end(), read.begin(), read.end());
  size_t place = 0;
  std::erase_if(graph.nodes, [&](const Node&) { return !stays[place++]; });
  return parts;
}

}  // namespace lamina
