// Taking texts off the inputs of a graph that was written here.
#include "lamina/formats/onnx/text_values.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/leading_to.h"
#include <onnx.pb.h>

namespace lamina::onnx {
namespace {

using lamina_onnx_file::GraphProto;
using lamina_onnx_file::NodeProto;

template <class Infos>
auto* info_named(Infos& infos, const std::string& name) {
  const auto found = std::find_if(infos.begin(), infos.end(), [&](const auto& one) { return one.name() == name; });
  return found == infos.end() ? nullptr : &*found;
}

/// What is said under the key, which the model forgets.
std::string taken_entry(lamina_onnx_file::ModelProto& model) {
  auto& entries = *model.mutable_metadata_props();
  const auto found = std::find_if(entries.begin(), entries.end(), [](const auto& one) { return one.key() == kTextValues; });
  if (found == entries.end()) return "";
  const std::string value = found->value();
  entries.erase(found);
  return value;
}

void rename_reads(GraphProto& graph, const std::string& from, const std::string& to) {
  for (NodeProto& node : *graph.mutable_node()) {
    for (std::string& input : *node.mutable_input()) {
      if (input == from) input = to;
    }
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) rename_reads(*attribute.mutable_g(), from, to);
    }
  }
}

}  // namespace

void begin_behind_texts(lamina_onnx_file::ModelProto& model) {
  const std::string said = taken_entry(model);
  if (said.empty()) return;
  const Json values = Json::parse(said, "the metadata '" + std::string(kTextValues) + "'");
  if (!values.is_object()) throw InvalidArgument("its metadata '" + std::string(kTextValues) + "' are no JSON object");
  GraphProto& graph = *model.mutable_graph();
  for (const auto& [input, value] : values.as_object()) {
    auto* const info = info_named(*graph.mutable_input(), input);
    const auto* const numbers = value.is_string() ? info_named(graph.value_info(), value.as_string()) : nullptr;
    if (!info || !numbers)
      throw InvalidArgument("it says of its input '" + printable(input) + "' that texts become numbers under the name " +
                            printable(value.dump().substr(0, 80)) + ", and declares no such " + (info ? "value" : "input"));
    const std::string name = numbers->name();
    *info = *numbers;
    info->set_name(input);
    rename_reads(graph, name, input);
  }
  std::set<std::string> outputs;
  for (const auto& output : graph.output()) outputs.insert(output.name());
  keep_leading_to(graph, std::move(outputs));
}

}  // namespace lamina::onnx
