// Tables, from the constants or the text files that their initializers name.
#include "lamina/formats/saved_model/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/tensor_data.h"
#include "lamina/formats/saved_model/operator.h"
#include "lamina/formats/saved_model/tensor.h"

namespace lamina::tensorflow {
namespace {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;
using lamina_tensorflow_file::FunctionDef;
using lamina_tensorflow_file::MetaGraphDef;
using lamina_tensorflow_file::NodeDef;
using onnx::ElementType;
using onnx::Value;

std::string node_in(const std::string& reference) { return reference.substr(0, reference.find(':')); }

int64_t integer_of(const NodeDef& node, const char* name, int64_t otherwise) {
  const auto found = node.attr().find(name);
  return found == node.attr().end() ? otherwise : found->second.i();
}

ElementType type_in(const NodeDef& node, const char* name) {
  const auto found = node.attr().find(name);
  return found == node.attr().end() ? ElementType::kUndefined : element_type(found->second.type());
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    if (lines.back().ends_with('\r')) lines.back().pop_back();
    from = end + 1;
  }
  return lines;
}

// One column of the file's lines: -2 is all of a line, -1 its number, others what stands between delimiters.
Value column(const std::vector<std::string>& lines, int64_t index, const std::string& delimiter, int64_t first,
             ElementType type, const std::string& file) {
  const auto count = static_cast<int64_t>(lines.size());
  std::vector<std::string> texts;
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < count; ++i) {
    const std::string& line = lines[static_cast<size_t>(i)];
    if (index == -1) {
      numbers.push_back(first + i);
      continue;
    }
    std::string text = line;
    if (index >= 0) {
      size_t from = 0;
      for (int64_t k = 0; k < index; ++k) {
        const size_t at = delimiter.empty() ? std::string::npos : line.find(delimiter, from);
        if (at == std::string::npos)
          throw InvalidArgument(fmt::format("file '{}', line {}: it has no column {}", printable(file), i + 1, index));
        from = at + delimiter.size();
      }
      text = line.substr(from, delimiter.empty() ? std::string::npos : line.find(delimiter, from) - from);
    }
    if (type == ElementType::kString) {
      texts.push_back(std::move(text));
      continue;
    }
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      throw InvalidArgument(fmt::format("file '{}', line {}: expected an integer, found '{}'", printable(file), i + 1,
                                        printable(text.substr(0, 40))));
    numbers.push_back(number);
  }
  if (type == ElementType::kString && index != -1) return Value::of_strings(std::move(texts), Shape{count});
  if (type != ElementType::kInt64) throw Unsupported("tables of other types than strings and int64, from files");
  return Tensor::from(numbers, Shape{count});
}

}  // namespace

bool is_table(const NodeDef& node) {
  const std::string& op = node.op();
  return op == "HashTableV2" || op == "HashTable" || op == "MutableHashTableV2" || op == "MutableHashTable" ||
         op == "MutableDenseHashTableV2" || op == "MutableDenseHashTable" || op == "AnonymousHashTable";
}

Tables::Tables(const MetaGraphDef& meta, const Library& library, ReadAsset read_asset)
    : library_(library), read_asset_(std::move(read_asset)) {
  // Where a file lies is said beside the graph; in it stands where it lay, by itself or in a variable.
  for (const auto& asset : meta.asset_file_def()) assets_[node_in(asset.tensor_info().name())] = asset.filename();
  for (const char* op : {"AssignVariableOp", "ReadVariableOp"}) {
    const bool assigns = std::string_view(op) == "AssignVariableOp";
    for (const NodeDef& node : meta.graph_def().node()) {
      if (node.op() != op || node.input_size() < (assigns ? 2 : 1)) continue;
      const auto found = assets_.find(node_in(node.input(assigns ? 1 : 0)));
      if (found != assets_.end()) assets_[assigns ? node_in(node.input(0)) : node.name()] = found->second;
    }
  }
  look(meta.graph_def().node(), {}, 0);
}

template <class List>
void Tables::look(const List& nodes, const Nodes& arguments, int depth) {
  constexpr int kDeepest = 4;  // an initializer, and what its wrappers call
  if (depth > kDeepest) return;
  Nodes known = arguments;
  for (const NodeDef& node : nodes) {
    if (node.op() == "Const" || is_table(node) || (depth == 0 && assets_.contains(node.name()))) known[node.name()] = &node;
  }
  for (const NodeDef& node : nodes) {
    fill(node, known);
    if (node.op() != "StatefulPartitionedCall" && node.op() != "PartitionedCall") continue;
    const FunctionDef& function = *called(node, library_);
    Nodes given;
    int place = 0;
    for (const std::string& input : node.input()) {
      if (input.starts_with('^') || place >= function.signature().input_arg_size()) continue;
      if (const auto found = known.find(node_in(input)); found != known.end())
        given[function.signature().input_arg(place).name()] = found->second;
      ++place;
    }
    // Without a table there is nothing to fill: so the functions of the model itself are seldom looked at.
    const bool tables = std::any_of(given.begin(), given.end(), [](const auto& each) { return is_table(*each.second); });
    if (tables) look(function.node_def(), given, depth + 1);
  }
}

void Tables::fill(const NodeDef& filler, const Nodes& known) {
  const auto input = [&](int i) -> const NodeDef* {
    if (i >= filler.input_size()) return nullptr;
    const auto found = known.find(node_in(filler.input(i)));
    return found == known.end() ? nullptr : found->second;
  };
  const auto constant = [&](int i) -> std::optional<Value> {
    const NodeDef* const node = input(i);
    if (!node || node->op() != "Const" || !node->attr().contains("value")) return std::nullopt;
    return read_constant(node->attr().at("value").tensor(), "constant '" + printable(node->name()) + "'");
  };
  const std::string& op = filler.op();
  const bool of_file = op == "InitializeTableFromTextFileV2" || op == "InitializeTableFromTextFile";
  if (!of_file && op != "LookupTableImportV2" && op != "LookupTableImport" && op != "InitializeTableV2" &&
      op != "InitializeTable")
    return;
  const NodeDef* const table = input(0);
  if (!table || !is_table(*table)) return;
  if (!of_file) {
    std::optional<Value> keys = constant(1), values = constant(2);
    if (keys && values) filled_.emplace(table->name(), Contents{std::move(*keys), std::move(*values)});
    return;
  }
  const NodeDef* const path = input(1);
  const auto file = path ? assets_.find(path->name()) : assets_.end();
  if (file != assets_.end()) filled_.emplace(table->name(), from_file(*table, filler, file->second));
}

Tables::Contents Tables::from_file(const NodeDef& table, const NodeDef& filler, const std::string& file) const {
  std::vector<std::string> lines = lines_in(read_asset_(file));
  const int64_t most = integer_of(filler, "vocab_size", -1);
  if (most >= 0 && static_cast<size_t>(most) < lines.size()) lines.resize(static_cast<size_t>(most));
  const auto delimiter = filler.attr().find("delimiter");
  const std::string between = delimiter == filler.attr().end() ? "\t" : delimiter->second.s();
  const auto read = [&](const char* index, const char* type) {
    return column(lines, integer_of(filler, index, -2), between, integer_of(filler, "offset", 0), type_in(table, type), file);
  };
  return {read("key_index", "key_dtype"), read("value_index", "value_dtype")};
}

void Tables::add(const NodeDef& table, const std::string& name, GraphProto& graph) const {
  const auto found = filled_.find(table.name());
  if (found == filled_.end())
    throw Unsupported("its table '" + printable(table.name()) +
                      "' is filled by no constants and no text file: what is put into it while the graph runs, or restored "
                      "from the checkpoint, is not known");
  NodeProto& node = *graph.add_node();
  node.set_op_type(kTable);
  node.set_domain(kDomain);
  node.set_name(table.name());
  for (const auto& [part, value] : {std::pair("keys", &found->second.keys), std::pair("values", &found->second.values)}) {
    *graph.add_initializer() = onnx::write_tensor(*value, name + "/" + part);
    node.add_input(name + "/" + part);
  }
  node.add_output(name);
}

}  // namespace lamina::tensorflow
