// What was taken off a model's inputs as a part of what it knows of its data, and back again.
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/keras/text_front.h"
#include "lamina/formats/keras/text_json.h"
#include "lamina/formats/keras/text_layers.h"
#include "lamina/text/text_preprocessing.h"

namespace lamina::detail {
namespace {

constexpr char kSection[] = "keras_text";  // of DataInfo::sections

// The layer of that name in the model's list, or nothing.
Json* layer_named(Json& model, const Json& name) {
  if (!layers_of(model)) return nullptr;
  for (Json& layer : model["config"]["layers"].as_list()) {
    if (layer.is_object() && layer.contains("config") && layer.at("config").is_object() &&
        member_or_null(layer.at("config"), "name") == name)
      return &layer;
  }
  return nullptr;
}

// Puts the input and, in the innermost model, the layer back; false where the model is another one by now.
bool put(Json& model, const Json& taken, size_t level, const TextInfo& text) {
  const Json& inputs = taken.at("inputs");
  const Json& models = taken.at("models");
  const Json& before = inputs.at(level);
  Json* const input = layer_named(model, member_or_null(before.at("config"), "name"));
  if (!input || !is_class(*input, "InputLayer")) return false;
  if (level < models.size()) {
    Json* const inner = layer_named(model, models.at(level));
    if (!inner || !put(*inner, taken, level + 1, text)) return false;
  } else {
    Json layer = taken.at("layer");
    const Json name = layer.at("config").at("name");
    if (is_class(layer, kVectorization)) {
      if (member_or_null(text.encoder, "class_name") != Json(kVectorization)) return false;
      for (const char* key : {"vocabulary", "idf_weights"}) {
        if (const Json* words = text.encoder.at("config").find(key)) layer["config"][key] = *words;
      }
    }
    Json* const there = layer_named(model, name);
    if (taken.at("erased") == Json(true)) {
      if (there) return false;
      redirect_calls(model, layer_name(*input), name.as_string());
      std::vector<Json>& layers = model["config"]["layers"].as_list();
      layers.insert(layers.begin() + (input - layers.data()) + 1, std::move(layer));
    } else {
      if (!there || !may_stand_for_text_layer(*there)) return false;
      *there = std::move(layer);
    }
  }
  *layer_named(model, member_or_null(before.at("config"), "name")) = before;
  if (const Json shape = member_or_null(before.at("config"), "batch_shape"); shape.is_list()) set_built_for(model, shape);
  return true;
}

}  // namespace

DataInfo with_text_fronts(DataInfo info, const std::vector<TextFront>& fronts) {
  if (fronts.empty()) return info;
  Json taken = Json::list();
  for (const TextFront& front : fronts) {
    taken.push_back(front.taken);
    if (front.alone) {
      if (!info.text) info.text = front.text;
      continue;
    }
    if (!info.sections.contains(kTextInputs)) info.sections[kTextInputs] = Json::object();
    if (!info.sections.at(kTextInputs).contains(front.input))
      info.sections[kTextInputs][front.input] = front.text.encoder;
  }
  info.sections[kSection] = Json::object({{"fronts", std::move(taken)}});
  return info;
}

void put_text_fronts(Json& config, const DataInfo& info) {
  const Json* const section = info.sections.find(kSection);
  if (!section) return;
  Json result = config;
  try {
    for (const Json& taken : section->at("fronts").as_list()) {
      const std::string input = layer_name(taken.at("inputs").at(size_t{0}));
      const Json* const texts = info.sections.find(kTextInputs);
      const Json* const encoder = texts ? texts->find(input) : nullptr;
      if (!encoder && !info.text) return;
      if (!put(result, taken, 0, encoder ? TextInfo{.encoder = *encoder} : *info.text)) return;
    }
  } catch (const Error& error) {
    throw InvalidArgument(std::string("the section '") + kSection + "' of what the model knows of its data is none: " +
                          error.what());
  }
  config = std::move(result);
}

}  // namespace lamina::detail
