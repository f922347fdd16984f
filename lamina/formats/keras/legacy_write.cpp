// Whole models as HDF5 files. Their words are Keras 2's wherever that has them, which Keras 3 reads as well;
// what only Keras 3 knows (operations in a graph, calls with several arguments) is written as it does.
#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/keras/legacy_weights.h"
#include "lamina/formats/keras/text_front.h"
#include "lamina/nn/detail/shared_objects.h"

namespace lamina {
namespace detail {
namespace {

// Arguments that Keras 3 added, with the values that change nothing.
const Json& needless() {
  static const Json all = Json::object({{"optional", false},
                                        {"synchronized", false},
                                        {"renorm", false},
                                        {"renorm_momentum", 0.99},
                                        {"use_gate", false}});
  return all;
}

bool is_operation(const Json& layer) {
  const Json* module = layer.find("module");
  return module && module->is_string() && module->as_string().starts_with("keras.src.ops");
}

bool is_tensor(const Json& json) {
  const Json* class_name = json.is_object() ? json.find("class_name") : nullptr;
  return class_name && *class_name == Json("__keras_tensor__");
}

Json place_of(const Json& tensor) {
  const Json& history = tensor.at("config").at("keras_history");
  return Json::list({history.at(size_t{0}), history.at(size_t{1}), history.at(size_t{2}), Json::object()});
}

// A call in Keras 2's form: [[layer, call, output, {}], ...]; as it is where that cannot say it.
Json node_for(const Json& node) {
  const Json* args = node.find("args");
  const Json* kwargs = node.find("kwargs");
  if (!args || args->size() != 1 || !kwargs) return node;
  for (const auto& [key, value] : kwargs->as_object()) {
    if (!value.is_null()) return node;
  }
  const Json& first = args->at(size_t{0});
  if (is_tensor(first)) return Json::list({place_of(first)});
  if (!first.is_list() || first.size() < 2) return node;
  Json places = Json::list();
  for (const Json& one : first.as_list()) {
    if (!is_tensor(one)) return node;
    places.push_back(place_of(one));
  }
  return places;
}

Json cleaned(const Json& json);

// A layer or model of a model's list: class and configuration, without a module, by which Keras 3 tells that
// the words are Keras 2's.
Json layer_for(const Json& object) {
  if (is_operation(object)) return object;
  const Json* registered = object.find("registered_name");
  const std::string own = registered && registered->is_string() ? registered->as_string() : "";
  const bool custom = own.find('>') != std::string::npos;
  Json result = Json::object({{"class_name", custom ? Json(own) : object.at("class_name")},
                              {"config", cleaned(object.at("config"))}});
  for (const char* key : {"name", "shared_object_id"}) {
    if (const Json* value = object.find(key)) result[key] = *value;
  }
  if (const Json* nodes = object.find("inbound_nodes")) {
    Json calls = Json::list();
    for (const Json& node : nodes->as_list()) calls.push_back(node_for(node));
    result["inbound_nodes"] = std::move(calls);
  }
  Json& config = result["config"];
  // These files name Python classes; one has another public name.
  if (result.at("class_name") == Json("GroupQueryAttention")) result["class_name"] = "GroupedQueryAttention";
  if (result.at("class_name") == Json("InputLayer"))
    rename_member(config, "batch_shape", "batch_input_shape");
  if (result.at("class_name") == Json("LeakyReLU")) rename_member(config, "negative_slope", "alpha");
  return result;
}

// A configuration without null members, which are defaults (not of TextVectorization), and policies by their names. What is inside a
// layer keeps its module.
Json cleaned(const Json& json) {
  if (json.is_list()) {
    Json list = Json::list();
    for (const Json& element : json.as_list()) list.push_back(cleaned(element));
    return list;
  }
  if (!json.is_object()) return json;
  const Json* class_name = json.find("class_name");
  if (class_name && *class_name == Json("DTypePolicy")) return json.at("config").at("name");
  const bool object = class_name && json.contains("config");
  Json result = Json::object();
  for (const auto& [key, value] : json.as_object()) {
    const Json* unchanging = needless().find(key);
    const bool needed = key == "merge_mode" || key == "ngrams" || (object && key == "registered_name");
    if ((value.is_null() && !needed) || (unchanging && *unchanging == value)) continue;
    const bool of_model =
        key == "layers" && value.is_list() && value.size() > 0 && value.at(size_t{0}).is_object();
    if (!of_model) {
      result[key] = cleaned(value);
      continue;
    }
    Json layers = Json::list();
    for (const Json& layer : value.as_list()) layers.push_back(layer_for(layer));
    result[key] = std::move(layers);
  }
  return result;
}

Json training_config(const Json& compiled) {
  Json training = Json::object();
  for (const char* key : {"loss", "metrics", "weighted_metrics", "loss_weights"}) {
    const Json* value = compiled.find(key);
    training[key] = value ? *value : Json();  // readers ask for each, even of null
  }
  Json optimizer = compiled.at("optimizer");
  // Keras 2 takes words for optimizers of its own (until 2.10) where nothing says otherwise, and those know no
  // averages; Keras 3 refuses the word that would say it.
  const Json* averages = optimizer.at("config").find("use_ema");
  const bool averaged = averages && *averages == Json(true);
  Json kept = Json::object();
  for (const auto& [key, value] : optimizer.at("config").as_object()) {
    const bool of_averages = key == "use_ema" || key.starts_with("ema_");
    if (!value.is_null() && (averaged || !of_averages)) kept[key] = value;
  }
  training["optimizer_config"] =
      Json::object({{"class_name", optimizer.at("class_name")}, {"config", std::move(kept)}});
  return training;
}

Hdf5Text list_of(std::vector<std::string> names) { return {std::move(names), /*list=*/true}; }
Hdf5Text text_of(std::string text) { return {{std::move(text)}, /*list=*/false}; }

// A list of names, in parts where an attribute cannot hold it.
void add_names(Hdf5Tree& tree, const std::string& group, const std::string& attribute,
               const std::vector<std::string>& names) {
  constexpr size_t kMost = 4000;
  auto& attributes = tree.attributes[group];
  if (names.size() <= kMost) {
    attributes[attribute] = list_of(names);
    return;
  }
  for (size_t start = 0, part = 0; start < names.size(); start += kMost, ++part) {
    const auto begin = names.begin() + static_cast<std::ptrdiff_t>(start);
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(start + kMost, names.size()));
    attributes[attribute + std::to_string(part)] = list_of({begin, end});
  }
}

void add_weights(Hdf5Tree& tree, const std::string& group, const std::vector<WeightPtr>& weights) {
  tree.groups.emplace(group, "");
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const WeightPtr& weight : weights) {
    std::string name = weight->path.empty() ? weight->name : weight->path;
    for (int number = 1; !taken.insert(name).second; ++number)
      name = weight->path + "_" + std::to_string(number);
    tree.arrays[group + "/" + name] = weight->value;
    names.push_back(std::move(name));
  }
  add_names(tree, group, "weight_names", names);
}

Hdf5Tree legacy_tree(const Model& model) {
  if (!model.built()) {
    throw InvalidArgument("model '" + model.name() +
                          "' has no weights to save yet: give it an Input, build it, or train it first");
  }
  Json json;
  {
    const SharedWriting sharing(model);
    json = model.serialize();
    sharing.check();
    put_text_fronts(json, model.data_info());
  }
  Hdf5Tree tree;
  auto& root = tree.attributes[""];
  root["keras_version"] = text_of(kKerasVersion);
  root["backend"] = text_of("tensorflow");
  root["model_config"] = text_of(layer_for(json).dump());
  if (!model.data_info().empty()) root[kH5DataInfo] = text_of(model.data_info().to_json().dump());
  const Json* compiled = json.find("compile_config");
  if (compiled && compiled->is_object() && compiled->contains("optimizer") &&
      compiled->at("optimizer").is_object())
    root["training_config"] = text_of(training_config(*compiled).dump());

  constexpr char kGroup[] = "model_weights";
  std::vector<std::string> names;
  for (const auto& layer : model.layers()) {
    names.push_back(layer->name());
    add_weights(tree, std::string(kGroup) + "/" + layer->name(), legacy_order(*layer));
  }
  add_names(tree, kGroup, "layer_names", names);
  tree.attributes[kGroup]["keras_version"] = text_of(kKerasVersion);
  tree.attributes[kGroup]["backend"] = text_of("tensorflow");
  add_weights(tree, std::string(kGroup) + "/top_level_model_weights", model.own_weights());
  if (model.compiled()) {
    const std::string optimizer = "optimizer_weights";
    tree.groups.emplace(optimizer, "");
    std::vector<std::string> stored;
    for (const WeightPtr& variable : model.optimizer_variables()) {
      std::string name = variable->path.empty() ? variable->name : variable->path;
      std::replace(name.begin(), name.end(), '/', '_');
      while (tree.arrays.contains(optimizer + "/" + name)) name += "_";
      tree.arrays[optimizer + "/" + name] = variable->value;
      stored.push_back(std::move(name));
    }
    add_names(tree, optimizer, "weight_names", stored);
  }
  return tree;
}

}  // namespace
}  // namespace detail

void save_keras_h5(const Model& model, const std::string& path) {
  detail::write_pieces(path, detail::hdf5_pieces(detail::legacy_tree(model), /*checksums=*/true));
}

}  // namespace lamina
