// Models of Keras 1 and 2 as Keras 3 writes them: their layers one after the other, inputs, nodes.
#include "lamina/formats/keras/legacy_config.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/core/operation.h"
#include "lamina/nn/layer.h"
#include "lamina/nn/registry.h"

namespace lamina::detail {
namespace {

bool is_model(const std::string& class_name) {
  return class_name == "Sequential" || class_name == "Model" || class_name == "Functional";
}

const std::string& class_of(const Json& layer) { return layer.at("class_name").as_string(); }

// Nested deeper than any model is; Json itself stops at 256 levels.
constexpr int kMaxDepth = 32;

// Calls [layer, call, output, ...] in any lists and members.
template <class F>
void each_call(Json& json, F&& f) {
  if (json.is_list()) {
    Json::List& list = json.as_list();
    if (list.size() >= 3 && list[0].is_string() && list[1].is_int() && list[2].is_int()) f(list);
    for (Json& element : list) each_call(element, f);
  }
  if (json.is_object()) {
    for (auto& [key, value] : json.as_object()) each_call(value, f);
  }
}

bool has_own_input(const Json& model) {
  if (class_of(model) != "Sequential") return true;
  const Json& config = model.at("config");
  const Json* layers = config.is_list() ? &config : config.find("layers");
  if (!layers || !layers->is_list() || layers->size() == 0) return false;
  const Json& first = layers->at(size_t{0});
  const Json* own = first.find("config");
  return class_of(first) == "InputLayer" || (own && own->is_object() && own->contains("batch_input_shape")) ||
         (is_model(class_of(first)) && has_own_input(first));
}

// Keras 1 and 2 counted the call by which a model within a model was made; here calls count from 0. Only at
// the graph's own ends those of graphs count from 1, as in Keras 3.
void count_calls_from_zero(Json& config) {
  for (const Json& layer : Json::List(config.at("layers").as_list())) {
    if (!is_model(class_of(layer))) continue;
    const std::string& name = layer.at("name").as_string();
    const auto calls = static_cast<int64_t>(layer.at("inbound_nodes").size());
    bool counted = has_own_input(layer), beyond = false, first = false;
    const auto look = [&](const Json::List& call) {
      if (call[0] != Json(name)) return;
      beyond = beyond || call[1].as_int() >= calls;
      first = first || call[1].as_int() == 0;
    };
    for (Json& one : config["layers"].as_list()) each_call(one["inbound_nodes"], look);
    for (const char* ends : {"input_layers", "output_layers"}) each_call(config[ends], look);
    counted = (counted || beyond) && !first;
    const auto move = [&](int64_t by) {
      return [&name, by](Json::List& call) {
        if (call[0] == Json(name)) call[1] = call[1].as_int() + by;
      };
    };
    const bool from_one = class_of(layer) != "Sequential";
    for (Json& one : config["layers"].as_list()) {
      if (counted) each_call(one["inbound_nodes"], move(-1));
    }
    for (const char* ends : {"input_layers", "output_layers"})
      each_call(config[ends], move((counted ? -1 : 0) + (from_one ? 1 : 0)));
  }
}

class Translation {
 public:
  Translation(int era, const LegacyWriter& writer) : era_(era), writer_(writer) {}

  // A layer or model; of a model only what it is made of.
  void translate(Json& layer, int depth) const {
    if (depth > kMaxDepth) throw InvalidArgument("the configuration nests layers deeper than 32 levels");
    const std::string class_name = class_of(layer);
    if (is_model(class_name))
      return class_name == "Sequential" ? sequence(layer, depth) : graph(layer, depth);
    if (era_ < 2) from_keras1(layer);
    from_keras2(layer, writer_);
    Json& config = layer["config"];
    if (!config.is_object()) throw InvalidArgument("a layer's configuration is not an object");
    for (auto& [key, value] : config.as_object()) {
      const bool inside = key == "layer" || key == "backward_layer" || key == "cell";
      if (inside && value.is_object()) translate(value, depth + 1);
      if (key == "cells" && value.is_list()) {
        for (Json& cell : value.as_list()) translate(cell, depth + 1);
      }
    }
  }

 private:
  void sequence(Json& model, int depth) const {
    Json& config = model["config"];
    if (config.is_list()) config = Json::object({{"layers", config}});  // before Keras 2.2.3
    Json::List layers = config.at("layers").as_list();
    const Json input = layers.empty() ? Json() : input_of(layers[0]);
    for (Json& layer : layers) translate(layer, depth + 1);
    if (!input.is_null()) layers.insert(layers.begin(), input);
    const bool first = std::any_of(layers.begin(), layers.end(), is_channels_first);
    config["layers"] = first ? sequence_with_channels_last(layers) : Json(std::move(layers));
    if (const Json* shape = config.find("build_input_shape"); shape && shape->is_list())
      model["build_config"] = Json::object({{"input_shape", *shape}});
  }

  void graph(Json& model, int depth) const {
    Json& config = model["config"];
    count_calls_from_zero(config);
    for (Json& layer : config["layers"].as_list()) {
      translate(layer, depth + 1);
      drop_member(layer["config"], "batch_input_shape");
    }
    const Json::List& layers = config.at("layers").as_list();
    if (std::any_of(layers.begin(), layers.end(), is_channels_first)) graph_with_channels_last(config);
  }

  // The InputLayer that a Sequential's first layer stands for, before its words are translated; null for
  // none.
  Json input_of(const Json& layer) const {
    const std::string& class_name = class_of(layer);
    const Json* config = layer.find("config");
    if (class_name == "InputLayer" || !config) return nullptr;
    if (is_model(class_name)) {
      const Json* inner = config->is_list() ? config : config->find("layers");
      if (!inner || !inner->is_list() || inner->size() == 0) return nullptr;
      const Json& first = inner->at(size_t{0});
      return class_of(first) == "InputLayer" ? input_like(first.at("config"), first) : input_of(first);
    }
    return input_like(*config, layer);
  }

  Json input_like(const Json& config, const Json& layer) const {
    if (!config.is_object()) return nullptr;
    const Json* shape = config.find("batch_input_shape");
    if (!shape) shape = config.find("batch_shape");
    if (!shape || !shape->is_list()) return nullptr;
    const Json* name = config.find("name");
    std::string dtype = "float32";
    const Json* given = config.find("input_dtype");
    if (!given) given = config.find("dtype");
    if (given && given->is_string() && class_of(layer) == "Embedding") dtype = given->as_string();
    return Json::object(
        {{"class_name", "InputLayer"},
         {"config",
          Json::object({{"batch_shape", *shape},
                        {"dtype", dtype},
                        {"name", (name && name->is_string() ? name->as_string() : "layer") + "_input"}})}});
  }

  int era_;
  const LegacyWriter& writer_;
};

// Keras 3's .h5 files leave out where a class is from. Operations, which stand in graphs like layers, are
// what no layer is called, or is not called like it: with a list of tensors first. And layers say whether they
// train, or their dtype, which operations have not.
void mark_operations(Json& json, const std::vector<std::string>& layers) {
  if (json.is_list()) {
    for (Json& element : json.as_list()) mark_operations(element, layers);
  }
  if (!json.is_object()) return;
  for (auto& [key, value] : json.as_object()) mark_operations(value, layers);
  const Json* class_name = json.find("class_name");
  const Json* nodes = json.find("inbound_nodes");
  if (!class_name || !class_name->is_string() || !nodes || !nodes->is_list() || json.contains("module") ||
      !find_operation(class_name->as_string()))
    return;
  bool as_layer = std::find(layers.begin(), layers.end(), class_name->as_string()) != layers.end();
  const Json* config = json.find("config");
  const bool bare = config && config->is_object() && !config->contains("trainable") && !config->contains("dtype");
  for (const Json& node : nodes->as_list()) {
    const Json* args = node.is_object() ? node.find("args") : nullptr;
    if (args && bare) as_layer = false;
    if (args && args->is_list() && args->size() != 1) as_layer = false;
  }
  if (!as_layer) json["module"] = "keras.src.ops";
}

// Whether the words of an era are somewhere in a configuration.
bool mentions(const Json& json, std::initializer_list<std::string_view> words) {
  if (json.is_list())
    return std::any_of(json.as_list().begin(), json.as_list().end(),
                       [&](const Json& element) { return mentions(element, words); });
  if (!json.is_object()) return false;
  return std::any_of(json.as_object().begin(), json.as_object().end(), [&](const Json::Member& member) {
    return std::find(words.begin(), words.end(), member.first) != words.end() ||
           mentions(member.second, words);
  });
}

}  // namespace

int LegacyWriter::era(const Json& model) const {
  if (version.starts_with("1.")) return 1;
  if (version.starts_with("2.")) return 2;
  if (!version.empty()) return 3;
  if (mentions(model, {"nb_filter", "border_mode", "dim_ordering", "output_dim", "init", "inner_init"}) &&
      !mentions(model, {"kernel_initializer", "embeddings_initializer", "build_config"}))
    return 1;
  return mentions(model, {"batch_shape", "registered_name", "build_config"}) &&
                 !mentions(model, {"batch_input_shape"})
             ? 3
             : 2;
}

bool LegacyWriter::resets_after() const {
  // Keras itself never did by default; tf.keras does since 2.0, whose Keras counts from 2.2.4-tf.
  if (version.find("-tf") != std::string::npos) return true;
  for (const char* before : {"1.", "2.0.", "2.1.", "2.2."}) {
    if (version.starts_with(before)) return false;
  }
  return !version.empty() && version != "2.3.0" && version != "2.3.1";
}

Json keras3_config(const Json& model, const Json& training, const LegacyWriter& writer) {
  const Json* class_name = model.find("class_name");
  const Json* config = model.find("config");
  if (!class_name || !class_name->is_string() || !config)
    throw InvalidArgument("the configuration has no class_name and config: it is that of no Keras model");
  Json translated = Json::object({{"class_name", *class_name}, {"config", *config}});
  for (const char* key : {"module", "registered_name", "build_config", "compile_config"}) {
    if (const Json* value = model.find(key)) translated[key] = *value;
  }
  const int era = writer.era(model);
  if (era < 3) {
    Translation(era, writer).translate(translated, 0);
  } else {
    mark_operations(translated["config"], Registry<Layer>::names());
  }
  if (!training.is_null()) translated["compile_config"] = compile_config_from(training);
  return translated;
}

}  // namespace lamina::detail
