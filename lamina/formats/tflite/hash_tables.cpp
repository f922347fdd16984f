// Hash tables: HASHTABLE names one, HASHTABLE_IMPORT fills it (in a graph that CALL_ONCE runs), HASHTABLE_FIND and
// HASHTABLE_SIZE ask it. The names are resolved while the file is read: what asks takes the keys and values themselves.
#include <fmt/format.h>

#include "lamina/base/error.h"
#include "lamina/formats/onnx/operators/lookup.h"
#include "lamina/formats/tflite/operators/call.h"
#include "lamina/formats/tflite/translate.h"

namespace lamina::tflite {
namespace {

using lamina_onnx_file::NodeProto;

int32_t table_place(const flatbuffers::Vector<int32_t>* list, uint32_t i, const char* what) {
  if (!list || i >= list->size() || list->Get(i) < 0)
    throw InvalidArgument(fmt::format("its {} {} is missing", what, i));
  return list->Get(i);
}

void name_table(Translator&, Translator::Graph& graph, const fb::Operator& op) {
  const auto* options = op.options_as_Hashtable();
  graph.handles[table_place(op.outputs(), 0, "output")] = fmt::format("hash table {}", options ? options->table_id() : 0);
}

const std::string& table_of(Translator::Graph& graph, const fb::Operator& op) {
  const auto found = graph.handles.find(table_place(op.inputs(), 0, "input"));
  if (found == graph.handles.end()) throw Unsupported("its table does not come from a HASHTABLE of the same graph");
  return found->second;
}

std::string column_of(const std::string& table, const char* what) { return table + "\n" + what; }

// A table is filled once: what comes later is not heard.
void fill_table(Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
  if (graph.branch) throw Unsupported("fills a table in a branch or a loop");
  const std::string& table = table_of(graph, op);
  uint32_t place = 1;
  for (const char* what : {"keys", "values"}) {
    translator.variables.emplace(column_of(table, what),
                                 translator.value_name(graph, table_place(op.inputs(), place++, "input")));
  }
}

// A node of the operator's name that takes columns of the table and its other inputs.
void ask_table(Translator& translator, Translator::Graph& graph, const fb::Operator& op, const char* name,
               std::initializer_list<const char*> columns, uint32_t others) {
  const std::string& table = table_of(graph, op);
  NodeProto& node = *graph.nodes.add_node();
  node.set_domain(kDomain);
  node.set_op_type(name);
  for (const char* what : columns) {
    const auto found = translator.variables.find(column_of(table, what));
    if (found == translator.variables.end()) throw InvalidArgument("asks a table that nothing filled");
    node.add_input(found->second);
  }
  for (uint32_t i = 1; i <= others; ++i)
    node.add_input(translator.value_name(graph, table_place(op.inputs(), i, "input")));
  node.add_output(graph.names[static_cast<size_t>(table_place(op.outputs(), 0, "output"))]);
  node.set_name(node.output(0));
}

std::vector<Value> find_in_table(Call& call) {
  return {onnx::look_up(call, call.value(0), call.value(1), call.value(3), call.value(2))};
}

std::vector<Value> size_of_table(Call& call) {
  return {Value(Tensor::from<int64_t>({call.value(0).shape().size()}, Shape{1}))};
}

const bool kHashTablesRegistered[] = {
    register_translation("HASHTABLE", name_table), register_translation("HASHTABLE_IMPORT", fill_table),
    register_translation("HASHTABLE_FIND",
                         [](Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
                           ask_table(translator, graph, op, "HASHTABLE_FIND", {"keys", "values"}, 2);
                         }),
    register_translation("HASHTABLE_SIZE",
                         [](Translator& translator, Translator::Graph& graph, const fb::Operator& op) {
                           ask_table(translator, graph, op, "HASHTABLE_SIZE", {"keys"}, 0);
                         }),
    builtin<find_in_table>("HASHTABLE_FIND"), builtin<size_of_table>("HASHTABLE_SIZE")};

}  // namespace
}  // namespace lamina::tflite
