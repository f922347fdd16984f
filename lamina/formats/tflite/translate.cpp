// Graphs of TFLite files as graphs of nodes.
#include "lamina/formats/tflite/translate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/graph_model.h"

namespace lamina::tflite {
namespace {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::ModelProto;
using lamina_onnx_file::NodeProto;
using lamina_onnx_file::ValueInfoProto;
using onnx::ElementType;

std::map<std::string, Translation, std::less<>>& translations() {
  static std::map<std::string, Translation, std::less<>> all;
  return all;
}

// Tensors are named for people: names may be missing or occur twice.
std::vector<std::string> unique_names(const fb::SubGraph& graph) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (uint32_t i = 0; graph.tensors() && i < graph.tensors()->size(); ++i) {
    const fb::Tensor& tensor = *graph.tensors()->Get(i);
    std::string name = tensor.name() ? tensor.name()->str() : "";
    if (name.empty()) name = fmt::format("tensor_{}", i);
    if (!taken.insert(name).second) {
      name += fmt::format("#{}", i);
      while (!taken.insert(name).second) name += "#";
    }
    names.push_back(name);
  }
  return names;
}

void declare(ValueInfoProto& info, const std::string& name, const fb::Tensor& tensor, bool says_shape) {
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(static_cast<int>(element_type(tensor.type())));
  if (!says_shape) return;
  auto& shape = *type.mutable_shape();
  for (const int64_t extent : open_shape_of(tensor)) {
    auto& dimension = *shape.add_dim();
    if (extent >= 0) {
      dimension.set_dim_value(extent);
    } else {
      dimension.set_dim_param("?");
    }
  }
}

void write_quantization(NodeProto& node, const std::string& side, uint32_t place, const fb::Tensor& tensor) {
  const fb::Quantization* given = tensor.quantization();
  if (!given || !given->scale() || given->scale()->size() == 0) {
    if (given && given->details_type() != 0)
      throw Unsupported("tensor '" + printable_name(tensor) + "' is quantised in a way that is not known");
    return;
  }
  const std::string end = "_" + std::to_string(place);
  write_attribute(node, side + "_scales" + end,
                  std::vector<float>(given->scale()->begin(), given->scale()->end()));
  if (given->zero_point())
    write_attribute(node, side + "_zeros" + end,
                    std::vector<int64_t>(given->zero_point()->begin(), given->zero_point()->end()));
  if (given->quantized_dimension() != 0)
    write_attribute(node, side + "_axis" + end, std::vector<int64_t>{given->quantized_dimension()});
}

}  // namespace

bool register_translation(const char* name, Translation translation) {
  return translations().emplace(name, translation).second;
}

const fb::SubGraph& Translator::subgraph(int64_t index) const {
  const auto* graphs = file_.model().subgraphs();
  if (index < 0 || index >= static_cast<int64_t>(graphs->size()))
    throw InvalidArgument(fmt::format("names graph {}, of {}", index, graphs->size()));
  return *graphs->Get(static_cast<uint32_t>(index));
}

int64_t Translator::inputs_of(int64_t index) const {
  const auto* inputs = subgraph(index).inputs();
  return inputs ? inputs->size() : 0;
}

std::string Translator::value_name(Graph& graph, int32_t tensor) {
  if (tensor < 0) return "";
  const std::string& name = graph.names[static_cast<size_t>(tensor)];
  const fb::Tensor& table = *graph.tables.tensors()->Get(static_cast<uint32_t>(tensor));
  if (is_resource(table) || !graph.settled.insert(tensor).second) return name;
  const bool empty =
      table.shape() && std::find(table.shape()->begin(), table.shape()->end(), 0) != table.shape()->end();
  if (constants_.has(table)) {
    values_.emplace_back(name, constants_.value(table));
  } else if (table.is_variable() || empty) {  // variables begin as zeros
    values_.emplace_back(name, constants_.zeros(table));
  }
  return name;
}

void Translator::translate_operators(Graph& graph) {
  const auto* operators = graph.tables.operators();
  // What inputs and operators give is no constant, whatever its buffer says.
  for (uint32_t i = 0; operators && i < operators->size(); ++i) {
    const auto* outputs = operators->Get(i)->outputs();
    if (outputs) graph.settled.insert(outputs->begin(), outputs->end());
  }
  for (uint32_t i = 0; operators && i < operators->size(); ++i) {
    const fb::Operator& op = *operators->Get(i);
    try {
      translate_operator(graph, op);
    } catch (const Unsupported& error) {
      throw Unsupported(fmt::format(
          "operator {} ({}): {}", i,
          printable(File::name(*file_.model().operator_codes()->Get(op.opcode_index()))), error.what()));
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(fmt::format(
          "operator {} ({}): {}", i,
          printable(File::name(*file_.model().operator_codes()->Get(op.opcode_index()))), error.what()));
    }
  }
}

void Translator::translate_operator(Graph& graph, const fb::Operator& op) {
  constexpr int64_t kMostNodes = 1 << 20;
  if (++nodes_ > kMostNodes) throw InvalidArgument("graphs within graphs have more operators than can be");
  const fb::OperatorCode& code = *file_.model().operator_codes()->Get(op.opcode_index());
  const bool custom = File::code(code) == fb::BuiltinOperator_CUSTOM;
  const std::string type = File::name(code);
  if (!custom) {
    if (const auto found = translations().find(type); found != translations().end())
      return found->second(*this, graph, op);
  }
  NodeProto& node = *graph.nodes.add_node();
  node.set_domain(custom ? kCustomDomain : kDomain);
  node.set_op_type(type);
  if (custom) {
    const auto* inside = op.custom_options();
    write_custom_options(op.large_custom_options_size() > 0
                             ? file_.range(op.large_custom_options_offset(), op.large_custom_options_size())
                         : inside
                             ? std::string_view(reinterpret_cast<const char*>(inside->data()), inside->size())
                             : std::string_view(),
                         node);
  } else {
    write_options(op, node);
  }
  const auto table = [&](int32_t tensor) -> const fb::Tensor& {
    return *graph.tables.tensors()->Get(static_cast<uint32_t>(tensor));
  };
  for (uint32_t i = 0; op.inputs() && i < op.inputs()->size(); ++i) {
    const int32_t tensor = op.inputs()->Get(i);
    node.add_input(value_name(graph, tensor));
    if (tensor >= 0) write_quantization(node, "in", i, table(tensor));
  }
  std::vector<int64_t> types;
  for (uint32_t i = 0; op.outputs() && i < op.outputs()->size(); ++i) {
    const int32_t tensor = op.outputs()->Get(i);
    node.add_output(tensor < 0 ? "" : graph.names[static_cast<size_t>(tensor)]);
    if (tensor >= 0) write_quantization(node, "out", i, table(tensor));
    types.push_back(tensor < 0 || is_resource(table(tensor))
                        ? 0
                        : static_cast<int64_t>(element_type(table(tensor).type())));
  }
  for (uint32_t i = 0; op.intermediates() && i < op.intermediates()->size(); ++i) {
    if (op.intermediates()->Get(i) >= 0)
      write_quantization(node, "mid", i, table(op.intermediates()->Get(i)));
  }
  write_attribute(node, "out_types", types);
  if (node.output_size() > 0) node.set_name(node.output(0));
}

std::vector<std::string> Translator::inline_graph(int64_t index, const std::vector<std::string>& inputs,
                                                  GraphProto& target, bool branch) {
  constexpr int kDeepest = 16;
  const fb::SubGraph& tables = subgraph(index);
  if (depth_ >= kDeepest) throw InvalidArgument("graphs are nested more than 16 deep");
  if (inputs_of(index) != static_cast<int64_t>(inputs.size()))
    throw InvalidArgument(
        fmt::format("graph {} takes {} inputs, and gets {}", index, inputs_of(index), inputs.size()));
  ++depth_;
  Graph graph{tables, target, unique_names(tables), {}, {}, branch};
  const std::string prefix = fresh_name("graph_" + std::to_string(index)) + "/";
  for (std::string& name : graph.names) name.insert(0, prefix);
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    const int32_t tensor = tables.inputs()->Get(i);
    graph.settled.insert(tensor);
    graph.names[static_cast<size_t>(tensor)] = inputs[i];
  }
  translate_operators(graph);
  std::vector<std::string> outputs;
  for (uint32_t i = 0; tables.outputs() && i < tables.outputs()->size(); ++i)
    outputs.push_back(value_name(graph, tables.outputs()->Get(i)));
  --depth_;
  return outputs;
}

std::shared_ptr<ModelProto> Translator::translate() {
  auto model = std::make_shared<ModelProto>();
  model->set_ir_version(8);
  for (const auto& [domain, version] :
       {std::pair("", 17), std::pair(kDomain, 1), std::pair(kCustomDomain, 1)}) {
    auto& import = *model->add_opset_import();
    import.set_domain(domain);
    import.set_version(version);
  }
  const auto* const metadata = file_.model().metadata();
  for (uint32_t i = 0; metadata && i < metadata->size(); ++i) {
    const fb::Metadata& one = *metadata->Get(i);
    if (!one.name() || one.name()->string_view() != onnx::kDataInfo) continue;
    auto& entry = *model->add_metadata_props();
    entry.set_key(onnx::kDataInfo);
    entry.set_value(std::string(file_.buffer(one.buffer())));
  }
  GraphProto& nodes = *model->mutable_graph();
  const fb::SubGraph& tables = subgraph(0);
  Graph graph{tables, nodes, unique_names(tables), {}, {}, false};
  for (uint32_t i = 0; tables.inputs() && i < tables.inputs()->size(); ++i) {
    const int32_t tensor = tables.inputs()->Get(i);
    if (!graph.settled.insert(tensor).second) throw InvalidArgument("one tensor is two of its inputs");
    declare(*nodes.add_input(), graph.names[static_cast<size_t>(tensor)],
            *tables.tensors()->Get(static_cast<uint32_t>(tensor)), true);
  }
  translate_operators(graph);
  std::set<int32_t> declared;
  for (uint32_t i = 0; tables.outputs() && i < tables.outputs()->size(); ++i) {
    const int32_t tensor = tables.outputs()->Get(i);
    if (!declared.insert(tensor).second) continue;
    const fb::Tensor& table = *tables.tensors()->Get(static_cast<uint32_t>(tensor));
    // Where extents follow from values, writers leave the shape out.
    declare(*nodes.add_output(), value_name(graph, tensor), table,
            table.shape() && table.shape()->size() > 0);
  }
  return model;
}

}  // namespace lamina::tflite
