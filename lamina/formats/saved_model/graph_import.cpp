// The signature, the variables that it reads, and where the checkpoint has them.
#include "lamina/formats/saved_model/graph_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/tensor_data.h"
#include "lamina/formats/saved_model/branches.h"
#include "lamina/formats/saved_model/graph_builder.h"
#include "lamina/formats/saved_model/operator.h"
#include "lamina/formats/saved_model/tensor.h"

namespace lamina::tensorflow {
namespace {

using lamina_tensorflow_file::FunctionDef;
using lamina_tensorflow_file::GraphDef;
using lamina_tensorflow_file::MetaGraphDef;
using lamina_tensorflow_file::NodeDef;
using lamina_tensorflow_file::SavedModel;
using lamina_tensorflow_file::SignatureDef;
using lamina_tensorflow_file::TensorInfo;

bool is_variable(const NodeDef& node) {
  return node.op() == "VarHandleOp" || node.op() == "VariableV2" || node.op() == "Variable";
}

std::string node_of(const std::string& reference) { return reference.substr(0, reference.find(':')); }

// The keys in the checkpoint by the names of variables' nodes: those that the graph itself restores.
class Keys {
 public:
  Keys(const GraphDef& graph, const Library& library, const std::map<std::string, std::string>& said) : said_(said) {
    std::map<std::string, std::string> own;
    for (const NodeDef& node : graph.node()) {
      if (is_variable(node)) own[node.name()] = node.name();
    }
    look(graph.node(), own);
    for (const NodeDef& node : graph.node()) {
      if (node.op() != "StatefulPartitionedCall" && node.op() != "PartitionedCall") continue;
      const FunctionDef& function = *called(node, library);
      std::map<std::string, std::string> arguments;
      int place = 0;
      for (const std::string& input : node.input()) {
        if (input.starts_with('^') || place >= function.signature().input_arg_size()) continue;
        const auto found = own.find(node_of(input));
        if (found != own.end()) arguments[function.signature().input_arg(place).name()] = found->second;
        ++place;
      }
      look(function.node_def(), arguments);
    }
  }

  std::string of(const NodeDef& variable, const lamina::detail::TensorBundle* checkpoint) const {
    // Keras 3 restores copies of its variables: of those that are read, the objects of the program know the keys.
    const auto found = keys_.find(variable.name());
    const auto said = said_.find(variable.name());
    const std::string key = found != keys_.end() ? found->second : said != said_.end() ? said->second : variable.name();
    if (!checkpoint || !checkpoint->entries().contains(key))
      throw InvalidArgument("its checkpoint lacks the variable '" + printable(variable.name()) + "'");
    return key;
  }

 private:
  // Assignments of what RestoreV2 gives, through nodes of one input.
  template <class Nodes>
  void look(const Nodes& nodes, const std::map<std::string, std::string>& variables) {
    const bool restores =
        std::any_of(nodes.begin(), nodes.end(), [](const NodeDef& n) { return n.op() == "RestoreV2"; });
    if (!restores) return;
    std::map<std::string, const NodeDef*> by_name;
    for (const NodeDef& node : nodes) by_name[node.name()] = &node;
    const auto find = [&](const std::string& reference) {
      const auto found = by_name.find(node_of(reference));
      return found == by_name.end() ? nullptr : found->second;
    };
    for (const NodeDef& node : nodes) {
      if ((node.op() != "AssignVariableOp" && node.op() != "Assign") || node.input_size() < 2) continue;
      const auto variable = variables.find(node_of(node.input(0)));
      std::string from = node.input(1);
      constexpr int kLongest = 8;
      for (int i = 0;
           i < kLongest && find(from) && find(from)->op() == "Identity" && find(from)->input_size() > 0; ++i)
        from = find(from)->input(0);
      const NodeDef* const restore = find(from);
      if (variable == variables.end() || !restore || restore->op() != "RestoreV2" ||
          restore->input_size() < 2)
        continue;
      const NodeDef* const names = find(restore->input(1));
      const size_t colon = from.rfind(':');
      const int place = colon == std::string::npos ? 0 : std::atoi(from.c_str() + colon + 1);
      if (!names || names->op() != "Const" || !names->attr().contains("value")) continue;
      const auto& texts = names->attr().at("value").tensor().string_val();
      if (place >= 0 && place < texts.size()) keys_[variable->second] = texts.Get(place);
    }
  }

  std::map<std::string, std::string> keys_;
  const std::map<std::string, std::string>& said_;
};

// "output_2" before "output_10".
struct Natural {
  bool operator()(const std::string& a, const std::string& b) const {
    const auto split = [](const std::string& text) {
      size_t at = text.size();
      while (at > 0 && text.size() - at < 9 && text[at - 1] >= '0' && text[at - 1] <= '9') --at;
      return std::tuple(text.substr(0, at), at == text.size() ? -1 : std::stoi(text.substr(at)), text);
    };
    return split(a) < split(b);
  }
};
using Infos = std::map<std::string, const TensorInfo*, Natural>;

Infos sorted(const google::protobuf::Map<std::string, TensorInfo>& infos) {
  Infos result;
  for (const auto& [name, info] : infos) result[name] = &info;
  return result;
}

std::vector<std::string> names_of(const MetaGraphDef& meta) {
  std::vector<std::string> names;
  for (const auto& [name, signature] : meta.signature_def()) {
    if (!name.starts_with("__")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string list_of(std::vector<std::string> names) {
  for (std::string& name : names) name = printable(name);
  return fmt::format("'{}'", fmt::join(names, "', '"));
}

const SignatureDef& signature_of(const MetaGraphDef& meta, const std::string& wanted) {
  const std::vector<std::string> names = names_of(meta);
  constexpr char kDefault[] = "serving_default";
  const std::string& name = !wanted.empty()                              ? wanted
                            : !meta.signature_def().contains(kDefault) && names.size() == 1 ? names[0]
                                                                         : kDefault;
  if (meta.signature_def().contains(name)) return meta.signature_def().at(name);
  if (names.empty()) throw Unsupported("has no signatures: nothing says what its functions take and give");
  if (!wanted.empty())
    throw InvalidArgument(fmt::format("has no signature '{}'; it has {}", printable(wanted), list_of(names)));
  throw Unsupported(fmt::format("has no signature '{}', and several others: {}; choose one "
                                "(load_saved_model_signature, lamina run --signature NAME)",
                                kDefault, list_of(names)));
}

void declare(lamina_onnx_file::ValueInfoProto& value, const std::string& name, const TensorInfo& info) {
  value.set_name(name);
  auto& type = *value.mutable_type()->mutable_tensor_type();
  const onnx::ElementType element = element_type(info.dtype());
  if (element != onnx::ElementType::kUndefined) type.set_elem_type(static_cast<int>(element));
  if (info.tensor_shape().unknown_rank()) return;
  auto& shape = *type.mutable_shape();
  for (const int64_t extent : shape_of(info.tensor_shape(), "'" + printable(name) + "'")) {
    auto& dim = *shape.add_dim();
    if (extent >= 0) dim.set_dim_value(extent);
  }
}

MetaGraphDef& served(SavedModel& file) {
  for (MetaGraphDef& meta : *file.mutable_meta_graphs()) {
    const auto& tags = meta.meta_info_def().tags();
    if (std::find(tags.begin(), tags.end(), "serve") != tags.end()) return meta;
  }
  if (file.meta_graphs_size() == 0) throw InvalidArgument("holds no graph");
  return *file.mutable_meta_graphs(0);
}

SavedModel parsed(std::string_view bytes) {
  SavedModel file;
  constexpr size_t kMost = (size_t{1} << 31) - 1;
  if (bytes.size() > kMost || !file.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw InvalidArgument("is no SavedModel, or a damaged one");
  return file;
}

}  // namespace

std::vector<std::string> signatures_of(std::string_view bytes) {
  SavedModel file = parsed(bytes);
  return names_of(served(file));
}

std::shared_ptr<onnx::ImportedGraph> import_graph(std::string_view bytes, const std::string& signature_name,
                                                  lamina::detail::TensorBundle* checkpoint,
                                                  const std::map<std::string, bool>& trainable,
                                                  const std::map<std::string, std::string>& said) {
  SavedModel file = parsed(bytes);
  MetaGraphDef& meta = served(file);
  const SignatureDef& signature = signature_of(meta, signature_name);
  std::set<std::string> given;
  for (const auto& [name, info] : signature.inputs()) given.insert(node_of(info.name()));
  make_branches(*meta.mutable_graph_def(), given);
  const GraphDef& graph = meta.graph_def();
  Library library(graph);
  const Keys keys(graph, library, said);

  lamina_onnx_file::ModelProto model;
  model.set_ir_version(8);
  auto& opset = *model.add_opset_import();
  opset.set_domain(kDomain);
  opset.set_version(1);
  auto& made = *model.mutable_graph();
  std::map<std::string, std::string> placeholders;
  std::set<std::string> taken;
  for (const auto& [name, info] : sorted(signature.inputs())) {
    declare(*made.add_input(), name, *info);
    placeholders[node_of(info->name())] = name;
    taken.insert(name);
  }
  std::vector<std::string> results, names;
  for (const auto& [name, info] : sorted(signature.outputs())) {
    results.push_back(info->name());
    names.push_back(taken.insert(name).second ? name : info->name());
    declare(*made.add_output(), names.back(), *info);
  }
  if (results.empty()) throw InvalidArgument("its signature gives nothing");

  std::map<const NodeDef*, std::string> variables;  // that are read, with the names of their values
  GraphBuilder builder(made, library, [&](const NodeDef& node) -> std::string {
    if (const auto found = placeholders.find(node.name()); found != placeholders.end()) return found->second;
    if (node.op() == "Placeholder")
      throw Unsupported("its signature does not name the input '" + printable(node.name()) +
                        "', which it reads");
    if (!is_variable(node)) return "";
    const std::string name = taken.contains(node.name()) ? node.name() + "/value" : node.name();
    variables[&node] = name;
    return name;
  });
  const std::vector<std::string> values = builder.add_graph(graph, results);
  for (size_t i = 0; i < values.size(); ++i) builder.add_identity(values[i], names[i]);

  std::vector<onnx::GraphWeight> weights;
  for (const NodeDef& node : graph.node()) {  // in the order of the file
    const auto found = variables.find(&node);
    if (found == variables.end()) continue;
    const std::string key = keys.of(node, checkpoint);
    const Tensor value = checkpoint->read(key);
    if (!is_floating(value.dtype())) {
      *made.add_initializer() = onnx::write_tensor(onnx::Value(value), found->second);
      continue;
    }
    const auto trained = trainable.find(key);
    weights.push_back(
        {found->second, value.type(), trained == trainable.end() || trained->second, {}, value});
  }
  return std::make_shared<onnx::ImportedGraph>(
      onnx::ImportedGraph::restore(model.SerializeAsString(), std::move(weights)));
}

}  // namespace lamina::tensorflow
