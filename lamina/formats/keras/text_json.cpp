// Configurations of models with texts, as the files of this room that work on them look at them.
#include "lamina/formats/keras/text_json.h"

#include <algorithm>

namespace lamina::detail {

bool is_class(const Json& layer, const char* name) {
  const Json* class_name = layer.is_object() ? layer.find("class_name") : nullptr;
  return class_name && *class_name == Json(name) && layer.contains("config") &&
         layer.at("config").is_object();
}

const Json* layers_of(const Json& model) {
  const Json* config = model.is_object() ? model.find("config") : nullptr;
  const Json* list = config && config->is_object() ? config->find("layers") : nullptr;
  return list && list->is_list() ? list : nullptr;
}

std::ptrdiff_t count_inputs(const std::vector<Json>& layers) {
  return std::count_if(layers.begin(), layers.end(), [](const Json& one) { return is_class(one, "InputLayer"); });
}

Json member_or_null(const Json& config, const char* key) {
  const Json* found = config.find(key);
  return found ? *found : Json();
}

std::string layer_name(const Json& layer) {
  const Json name = member_or_null(layer.at("config"), "name");
  return name.is_string() ? name.as_string() : "";
}

bool is_output_of(const Json& json, const std::string& layer) {
  return json.size() >= 3 && json.at(size_t{0}) == Json(layer) && json.at(1).is_int() && json.at(2).is_int();
}

namespace {

// Calls of `from` become calls of `to`.
void redirect(Json& json, const std::string& from, const std::string& to) {
  if (json.is_list()) {
    if (is_output_of(json, from)) {
      json.as_list()[0] = to;
      return;
    }
    for (Json& one : json.as_list()) redirect(one, from, to);
  } else if (json.is_object()) {
    for (auto& [key, one] : json.as_object()) redirect(one, from, to);
  }
}

}  // namespace

void redirect_calls(Json& model, const std::string& from, const std::string& to) {
  for (Json& layer : model["config"]["layers"].as_list()) {
    if (layer.contains("inbound_nodes")) redirect(layer["inbound_nodes"], from, to);
  }
  if (model.at("config").contains("output_layers")) redirect(model["config"]["output_layers"], from, to);
}

void set_built_for(Json& model, const Json& shape) {
  if (count_inputs(model.at("config").at("layers").as_list()) > 1) return;  // no shape of one input
  for (const char* key : {"build_input_shape", "input_shape"}) {
    if (model.at("config").contains(key)) model["config"][key] = shape;
  }
  const Json* built = model.find("build_config");
  if (built && built->is_object() && built->contains("input_shape")) model["build_config"]["input_shape"] = shape;
}

}  // namespace lamina::detail
