// training_config of Keras 1 and 2 as compile_config. What cannot be told bars no prediction: from_json says
// it in a warning.
#include <cctype>

#include "lamina/formats/keras/legacy_config.h"

namespace lamina::detail {
namespace {

// "categorical_accuracy" -> "CategoricalAccuracy".
std::string camel_case(const std::string& name) {
  std::string result;
  bool upper = true;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return result;
}

void drop_package(Json& object) {
  const std::string name = object.at("class_name").as_string();
  const size_t mark = name.find('>');  // "Custom>Adam"
  if (mark != std::string::npos) object["class_name"] = name.substr(mark + 1);
}

bool is_object_config(const Json& json) {
  const Json* class_name = json.is_object() ? json.find("class_name") : nullptr;
  return class_name && class_name->is_string();
}

// Losses and metrics, at any depth of lists and names.
void translate_measures(Json& json) {
  if (json.is_list()) {
    for (Json& element : json.as_list()) translate_measures(element);
    return;
  }
  if (!json.is_object()) return;
  if (!is_object_config(json)) {
    for (auto& [name, element] : json.as_object()) translate_measures(element);
    return;
  }
  drop_package(json);
  Json& config = json["config"];
  if (!config.is_object()) return;
  const std::string class_name = json.at("class_name").as_string();
  const Json* function = config.find("fn");
  if ((class_name == "MeanMetricWrapper" || class_name == "LossFunctionWrapper") && function &&
      function->is_string()) {
    json["class_name"] = camel_case(function->as_string());
  }
  drop_member(config, "fn");
  if (const Json* reduction = config.find("reduction"); reduction && *reduction == Json("auto"))
    config["reduction"] = "sum_over_batch_size";
}

Json optimizer_from(Json object) {
  if (!is_object_config(object)) return object;
  drop_package(object);
  Json& config = object["config"];
  if (!config.is_object()) return object;
  rename_member(config, "lr", "learning_rate");
  // What Keras before 2.11 wrote there for Nadam is how fast its momentum grows, and no decay of the learning rate.
  if (object.at("class_name") == Json("Nadam")) drop_member(config, "decay");
  const Json* decay = config.find("decay");
  if (decay && decay->is_number() && decay->as_double() != 0 && config.contains("learning_rate")) {
    config["learning_rate"] =
        Json::object({{"class_name", "InverseTimeDecay"},
                      {"config", Json::object({{"initial_learning_rate", config.at("learning_rate")},
                                               {"decay_steps", 1},
                                               {"decay_rate", decay->as_double()}})}});
  }
  for (const char* key : {"decay", "is_legacy_optimizer", "jit_compile", "schedule_decay"})
    drop_member(config, key);
  // Which averages overwrite weights, and nobody takes any: Keras 2's RMSprop says 100.
  if (const Json* averages = config.find("use_ema"); !averages || *averages == Json(false))
    drop_member(config, "ema_overwrite_frequency");
  if (const Json* epsilon = config.find("epsilon"); epsilon && epsilon->is_null()) config["epsilon"] = 1e-7;
  return object;
}

}  // namespace

Json compile_config_from(const Json& training) {
  if (!training.is_object()) return nullptr;
  if (training.contains("optimizer") && !training.contains("optimizer_config")) return training;  // Keras 3
  Json compiled = Json::object();
  if (const Json* optimizer = training.find("optimizer_config"))
    compiled["optimizer"] = optimizer_from(*optimizer);
  for (const char* key : {"loss", "loss_weights", "metrics", "weighted_metrics"}) {
    if (const Json* value = training.find(key)) {
      compiled[key] = *value;
      translate_measures(compiled[key]);
    }
  }
  return compiled;
}

}  // namespace lamina::detail
