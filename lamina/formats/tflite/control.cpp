// Operators that are graphs, and variables: what ONNX has nodes for becomes those, and the rest is resolved
// while the file is read.
#include <fmt/format.h>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/attribute_kind.h"
#include "lamina/formats/tflite/translate.h"

namespace lamina::tflite {
namespace {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;


template <class Options>
const Options& required(const Options* options) {
  if (!options) throw InvalidArgument("its options are missing");
  return *options;
}

int32_t place(const flatbuffers::Vector<int32_t>* list, uint32_t i, const char* what) {
  if (!list || i >= list->size() || list->Get(i) < 0)
    throw InvalidArgument(fmt::format("its {} {} is missing", what, i));
  return list->Get(i);
}

std::vector<std::string> inputs(Translator& translator, Translator::Graph& graph, const fb::Operator& op,
                                uint32_t first) {
  std::vector<std::string> names;
  for (uint32_t i = first; op.inputs() && i < op.inputs()->size(); ++i)
    names.push_back(translator.value_name(graph, op.inputs()->Get(i)));
  return names;
}

void identity(GraphProto& graph, const std::string& from, const std::string& to) {
  NodeProto& node = *graph.add_node();
  node.set_op_type("Identity");
  node.set_name(to);
  node.add_input(from);
  node.add_output(to);
}

// The outputs of an operator become other names of these values.
void give(Translator::Graph& graph, const fb::Operator& op, const std::vector<std::string>& values) {
  const uint32_t count = op.outputs() ? op.outputs()->size() : 0;
  if (count != values.size())
    throw InvalidArgument(fmt::format("has {} outputs, and its graph {}", count, values.size()));
  for (uint32_t i = 0; i < count; ++i) {
    if (op.outputs()->Get(i) >= 0)
      identity(graph.nodes, values[i], graph.names[static_cast<size_t>(op.outputs()->Get(i))]);
  }
}

GraphProto& graph_attribute(NodeProto& node, const char* name) {
  return *onnx::add_attribute(node, name, onnx::AttributeKind::kGraph).mutable_g();
}

void name_outputs(Translator::Graph& graph, const fb::Operator& op, NodeProto& node) {
  for (uint32_t i = 0; op.outputs() && i < op.outputs()->size(); ++i) {
    const int32_t tensor = op.outputs()->Get(i);
    node.add_output(tensor < 0 ? "" : graph.names[static_cast<size_t>(tensor)]);
  }
  if (node.output_size() > 0) node.set_name(node.output(0));
}

// A value of this graph, as outputs of subgraphs must be.
void output(Translator& translator, GraphProto& graph, const std::string& value) {
  const std::string name = translator.fresh_name("result");
  identity(graph, value, name);
  graph.add_output()->set_name(name);
}

void if_operator(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  const auto& options = required(op.options_as_If());
  const std::vector<std::string> given = inputs(translator, graph, op, 1);
  NodeProto node;
  node.set_op_type("If");
  node.add_input(translator.value_name(graph, place(op.inputs(), 0, "input")));
  name_outputs(graph, op, node);
  const auto branch = [&](const char* name, int32_t index) {
    GraphProto& inner = graph_attribute(node, name);
    for (const std::string& value : translator.inline_graph(index, given, inner, true))
      output(translator, inner, value);
    if (inner.output_size() != node.output_size())
      throw InvalidArgument("its branches do not give its outputs");
  };
  branch("then_branch", options.then_subgraph_index());
  branch("else_branch", options.else_subgraph_index());
  *graph.nodes.add_node() = std::move(node);
}

// while cond(x): x = body(x), as ONNX's Loop, whose body says whether it goes on.
void while_operator(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  const auto& options = required(op.options_as_While());
  const std::vector<std::string> given = inputs(translator, graph, op, 0);
  const auto condition = [&](const std::vector<std::string>& values, GraphProto& target, bool branch) {
    const std::vector<std::string> result =
        translator.inline_graph(options.cond_subgraph_index(), values, target, branch);
    if (result.size() != 1) throw InvalidArgument("its condition is no single value");
    return result[0];
  };
  NodeProto node;
  node.set_op_type("Loop");
  node.add_input("");
  node.add_input(condition(given, graph.nodes, true));
  for (const std::string& name : given) node.add_input(name);
  name_outputs(graph, op, node);
  GraphProto& body = graph_attribute(node, "body");
  std::vector<std::string> carried;
  for (size_t i = 0; i < given.size() + 2; ++i) {
    const std::string name = translator.fresh_name("carried");
    body.add_input()->set_name(name);
    if (i >= 2) carried.push_back(name);
  }
  const std::vector<std::string> next =
      translator.inline_graph(options.body_subgraph_index(), carried, body, true);
  if (next.size() != given.size() || node.output_size() != static_cast<int>(given.size()))
    throw InvalidArgument("its body does not give what it takes");
  output(translator, body, condition(next, body, true));
  for (const std::string& value : next) output(translator, body, value);
  *graph.nodes.add_node() = std::move(node);
}

void call(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  give(graph, op,
       translator.inline_graph(required(op.options_as_Call()).subgraph(), inputs(translator, graph, op, 0),
                               graph.nodes, graph.branch));
}

// What an operator of another framework is made of.
void composite(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  give(graph, op,
       translator.inline_graph(
           required(op.more_options_as_StableHLOComposite()).decomposition_subgraph_index(),
           inputs(translator, graph, op, 0), graph.nodes, graph.branch));
}

// ---- Variables: each run begins with what CALL_ONCE gives them ----

void call_once(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  translator.inline_graph(required(op.options_as_CallOnce()).init_subgraph_index(), {}, graph.nodes,
                          graph.branch);
}

void var_handle(Translator&, Translator::Graph& graph, const fb::Operator& op) {
  const auto* options = op.options_as_VarHandle();
  const auto text = [](const flatbuffers::String* given) { return given ? given->str() : std::string(); };
  graph.handles[place(op.outputs(), 0, "output")] =
      options ? text(options->container()) + "\n" + text(options->shared_name()) : "";
}

const std::string& variable(Translator::Graph& graph, const fb::Operator& op) {
  const auto found = graph.handles.find(place(op.inputs(), 0, "input"));
  if (found == graph.handles.end())
    throw Unsupported("its variable does not come from a VAR_HANDLE of the same graph");
  return found->second;
}

void read_variable(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  const auto found = translator.variables.find(variable(graph, op));
  if (found == translator.variables.end())
    throw InvalidArgument("reads a variable that nothing gave a value");
  give(graph, op, {found->second});
}

void assign_variable(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  if (graph.branch) throw Unsupported("assigns a variable in a branch or a loop");
  translator.variables[variable(graph, op)] = translator.value_name(graph, place(op.inputs(), 1, "input"));
}

// Sparse constants are dense here already.
void densify(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  give(graph, op, {translator.value_name(graph, place(op.inputs(), 0, "input"))});
}

const bool kControlRegistered[] = {register_translation("IF", if_operator),
                            register_translation("WHILE", while_operator),
                            register_translation("CALL", call),
                            register_translation("STABLEHLO_COMPOSITE", composite),
                            register_translation("CALL_ONCE", call_once),
                            register_translation("VAR_HANDLE", var_handle),
                            register_translation("READ_VARIABLE", read_variable),
                            register_translation("ASSIGN_VARIABLE", assign_variable),
                            register_translation("DENSIFY", densify)};

}  // namespace
}  // namespace lamina::tflite
