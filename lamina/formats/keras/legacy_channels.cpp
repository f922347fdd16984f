// Layers with the channels first, as Theano wanted images: the same with the channels last, between two
// changes of order. Shapes and outputs of the model stay as they are.
#include <map>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/formats/keras/legacy_config.h"

namespace lamina::detail {
namespace {

bool flattens(const Json& layer) {
  const std::string& name = layer.at("class_name").as_string();
  return name == "Flatten" || name.starts_with("Global");  // what comes out has no place for channels
}

// How many axes beside batch and channels.
int spatial_axes(const Json& layer) {
  const std::string& name = layer.at("class_name").as_string();
  if (name.find("3D") != std::string::npos) return 3;
  return name.find("1D") != std::string::npos ? 1 : 2;
}

Json permute(const std::string& name, int spatial, bool to_last) {
  Json dims = Json::list();
  if (!to_last) dims.push_back(spatial + 1);
  for (int axis = 0; axis < spatial; ++axis) dims.push_back(axis + (to_last ? 2 : 1));
  if (to_last) dims.push_back(1);
  return Json::object({{"class_name", "Permute"},
                       {"config", Json::object({{"name", name}, {"trainable", true}, {"dims", dims}})},
                       {"name", name}});
}

std::string name_of(const Json& layer) {
  const Json* name = layer.at("config").find("name");
  if (!name || !name->is_string())
    throw Unsupported("a layer of class '" + layer.at("class_name").as_string() +
                      "' with data_format channels_first has no name");
  return name->as_string();
}

Json with_channels_last(Json layer) {
  layer["config"]["data_format"] = "channels_last";
  return layer;
}

}  // namespace

bool is_channels_first(const Json& layer) {
  const Json* config = layer.find("config");
  const Json* order = config && config->is_object() ? config->find("data_format") : nullptr;
  return order && *order == Json("channels_first");
}

Json sequence_with_channels_last(const Json::List& layers) {
  Json result = Json::list();
  for (const Json& layer : layers) {
    if (!is_channels_first(layer)) {
      result.push_back(layer);
      continue;
    }
    result.push_back(permute(name_of(layer) + "_channels_last", spatial_axes(layer), true));
    result.push_back(with_channels_last(layer));
    if (!flattens(layer))
      result.push_back(permute(name_of(layer) + "_channels_first", spatial_axes(layer), false));
  }
  return result;
}

namespace {

// Renames the layer in [name, call, output, ...], wherever such a list is.
void rename_references(Json& json, const std::map<std::string, std::string>& names) {
  if (json.is_list()) {
    Json::List& list = json.as_list();
    const bool reference = list.size() >= 3 && list[0].is_string() && list[1].is_int() && list[2].is_int();
    if (reference) {
      if (const auto found = names.find(list[0].as_string()); found != names.end()) list[0] = found->second;
    }
    for (Json& element : list) rename_references(element, names);
  }
  if (json.is_object()) {
    for (auto& [key, value] : json.as_object()) rename_references(value, names);
  }
}

Json nodes_on(const std::string& layer, size_t count) {
  Json nodes = Json::list();
  for (size_t call = 0; call < count; ++call)
    nodes.push_back(Json::list({Json::list({layer, static_cast<int64_t>(call), 0, Json::object()})}));
  return nodes;
}

}  // namespace

void graph_with_channels_last(Json& config) {
  std::map<std::string, std::string> names;
  for (const Json& layer : config.at("layers").as_list()) {
    if (is_channels_first(layer) && !flattens(layer))
      names[layer.at("name").as_string()] = layer.at("name").as_string() + "_channels_first";
  }
  Json layers = Json::list();
  for (Json layer : config.at("layers").as_list()) {
    Json& nodes = layer["inbound_nodes"];
    rename_references(nodes, names);
    if (!is_channels_first(layer)) {
      layers.push_back(std::move(layer));
      continue;
    }
    const std::string name = layer.at("name").as_string();
    const size_t calls = nodes.size();
    Json before = permute(name + "_channels_last", spatial_axes(layer), true);
    before["inbound_nodes"] = std::move(nodes);
    nodes = nodes_on(name + "_channels_last", calls);
    Json after = permute(name + "_channels_first", spatial_axes(layer), false);
    after["inbound_nodes"] = nodes_on(name, calls);
    const bool flat = flattens(layer);
    layers.push_back(std::move(before));
    layers.push_back(with_channels_last(std::move(layer)));
    if (!flat) layers.push_back(std::move(after));
  }
  config["layers"] = std::move(layers);
  rename_references(config["input_layers"], names);
  rename_references(config["output_layers"], names);
}

}  // namespace lamina::detail
