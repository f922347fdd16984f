// Layers that take texts, taken off the inputs of a model.
#include "lamina/formats/keras/text_front.h"

#include <algorithm>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/text/text_preprocessing.h"

namespace lamina::detail {
namespace {

constexpr char kVectorization[] = "TextVectorization";
constexpr char kLookup[] = "StringLookup";
constexpr char kSection[] = "keras_text";  // of DataInfo::sections
constexpr int kDeepest = 16;               // models inside of models

bool is_class(const Json& layer, const char* name) {
  const Json* class_name = layer.is_object() ? layer.find("class_name") : nullptr;
  return class_name && *class_name == Json(name) && layer.contains("config") &&
         layer.at("config").is_object();
}

bool takes_texts(const Json& layer) { return is_class(layer, kVectorization) || is_class(layer, kLookup); }

const Json* layers_of(const Json& model) {
  const Json* config = model.is_object() ? model.find("config") : nullptr;
  const Json* list = config && config->is_object() ? config->find("layers") : nullptr;
  return list && list->is_list() ? list : nullptr;
}

std::ptrdiff_t count_inputs(const std::vector<Json>& layers) {
  return std::count_if(layers.begin(), layers.end(), [](const Json& one) { return is_class(one, "InputLayer"); });
}

bool holds_texts(const Json& layer, int deep = 0) {
  if (takes_texts(layer)) return true;
  const Json* list = deep < kDeepest ? layers_of(layer) : nullptr;
  return list && std::any_of(list->as_list().begin(), list->as_list().end(),
                             [&](const Json& one) { return holds_texts(one, deep + 1); });
}

Json value(const Json& config, const char* key) {
  const Json* found = config.find(key);
  return found ? *found : Json();
}

std::string name_of(const Json& layer) {
  const Json name = value(layer.at("config"), "name");
  return name.is_string() ? name.as_string() : "";
}

// Whether that is an output of that layer: [name, call, output], of Keras 2 with arguments behind.
bool is_output_of(const Json& json, const std::string& layer) {
  return json.size() >= 3 && json.at(size_t{0}) == Json(layer) && json.at(1).is_int() && json.at(2).is_int();
}

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

void redirect_calls(Json& model, const std::string& from, const std::string& to) {
  for (Json& layer : model["config"]["layers"].as_list()) {
    if (layer.contains("inbound_nodes")) redirect(layer["inbound_nodes"], from, to);
  }
  if (model.at("config").contains("output_layers")) redirect(model["config"]["output_layers"], from, to);
}

// The shape that the model says it was built for.
void set_built_for(Json& model, const Json& shape) {
  if (count_inputs(model.at("config").at("layers").as_list()) > 1) return;  // no shape of one input
  for (const char* key : {"build_input_shape", "input_shape"}) {
    if (model.at("config").contains(key)) model["config"][key] = shape;
  }
  const Json* built = model.find("build_config");
  if (built && built->is_object() && built->contains("input_shape")) model["build_config"]["input_shape"] = shape;
}

/// What becomes of the inputs on the way to the layer of texts.
struct Numbers {
  Json shape;
  const char* dtype;
};

class Front {
 public:
  Front(Json& config, const std::string& name, bool inside = false) : config_(config), file_(name), inside_(inside) {}

  std::optional<TextFront> take() {
    if (!layers_of(config_)) return {};
    std::vector<Json>& layers = config_["config"]["layers"].as_list();
    auto found = std::find_if(layers.begin(), layers.end(), [](const Json& one) { return holds_texts(one); });
    if (found == layers.end()) return {};
    what_ = "layer '" + name_of(*found) + "' (" + found->at("class_name").as_string() + ")";
    const bool graph = found->contains("inbound_nodes");
    auto input = std::find_if(layers.begin(), layers.end(), [&](const Json& one) {
      return is_class(one, "InputLayer") && (!graph || refers_to(found->at("inbound_nodes"), name_of(one)));
    });
    if (!graph && input == layers.end() && found == layers.begin()) {
      const Json fresh = Json::object({{"module", "keras.layers"},
                                       {"class_name", "InputLayer"},
                                       {"config", Json::object({{"batch_shape", Json::list({nullptr, int64_t{1}})},
                                                                {"dtype", "string"},
                                                                {"name", "texts"}})},
                                       {"registered_name", nullptr}});
      layers.insert(layers.begin(), fresh);
      return taken(layers, 0, 1);
    }
    if (input == layers.end()) fail(graph ? "it is not called on an input" : "the model has no input of its own");
    for (const Json& other : layers) {
      if (&other != &*found && other.is_object() && other.contains("inbound_nodes") && other.contains("config") &&
          refers_to(other.at("inbound_nodes"), name_of(*input)))
        fail("its input goes to layer '" + name_of(other) + "', too");
    }
    if (!used_.insert(name_of(*input)).second) fail("it is not the only layer of texts at its input");
    const auto at = [&](auto place) { return static_cast<size_t>(place - layers.begin()); };
    if (!graph && at(found) != at(input) + 1) fail("there are layers in front of it");
    if (graph && found->at("inbound_nodes").size() != 1) fail("it is called more than once");
    const Json shape = value(input->at("config"), "batch_shape");
    if (shape.is_list() &&
        (shape.size() > 2 || (shape.size() == 2 && shape.at(size_t{1}) != Json(int64_t{1}))))
      fail("its input has the shape " + shape.dump() + ", where one text a sample was expected, (batch, 1)");
    return taken(layers, at(input), at(found));
  }

  /// Of what was taken: what the input behind it takes.
  const Numbers& numbers() const { return numbers_; }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw FileError("'" + file_ + "': " + what_ + " takes texts, which tensors cannot hold, and " + why +
                    "; save the model that begins behind it, and use lamina::TextVectorization before it");
  }

  void must_be(const Json& config, const char* key, const Json& expected) const {
    const Json* found = config.find(key);
    if (found && !found->is_null() && *found != expected)
      fail(std::string(key) + " is " + found->dump().substr(0, 60) + ", where " + expected.dump() +
           " was expected");
  }

  // Whether a call is on an output of that layer.
  static bool refers_to(const Json& json, const std::string& layer) {
    if (json.is_list()) {
      if (is_output_of(json, layer)) return true;
      return std::any_of(json.as_list().begin(), json.as_list().end(),
                         [&](const Json& one) { return refers_to(one, layer); });
    }
    if (!json.is_object()) return false;
    return std::any_of(json.as_object().begin(), json.as_object().end(),
                       [&](const Json::Member& member) { return refers_to(member.second, layer); });
  }

  void set_input(Json& input, Numbers numbers) {
    numbers_ = std::move(numbers);
    Json& own = input["config"];
    std::erase_if(own.as_object(),
                  [](const Json::Member& member) { return member.first == "batch_input_shape"; });
    own["batch_shape"] = numbers_.shape;
    own["dtype"] = numbers_.dtype;
    set_built_for(config_, numbers_.shape);
  }

  TextFront taken(std::vector<Json>& layers, size_t input, size_t found) {
    const Json before = layers[input];
    TextFront front = !takes_texts(layers[found])        ? nested(layers, input, found)
                      : is_class(layers[found], kLookup) ? lookup(layers[input], layers[found])
                                                         : vectorization(layers, input, found);
    front.taken["inputs"].as_list().insert(front.taken["inputs"].as_list().begin(), before);
    front.input = name_of(before);
    front.alone = count_inputs(layers) == 1;
    return front;
  }

  TextFront nested(std::vector<Json>& layers, size_t input, size_t found) {
    Front inner(layers[found], file_, true);
    std::optional<TextFront> front = inner.take();
    if (!front) fail("it is nested too deep");
    if (inner.take()) fail("it is not the only layer of texts at its input");
    set_input(layers[input], inner.numbers());
    front->taken["models"].as_list().insert(front->taken["models"].as_list().begin(), Json(name_of(layers[found])));
    return std::move(*front);
  }

  static Json taken_layer(const Json& layer, bool erased) {
    return Json::object({{"inputs", Json::list()}, {"models", Json::list()}, {"layer", layer}, {"erased", erased}});
  }

  TextFront vectorization(std::vector<Json>& layers, size_t input, size_t found) {
    const Json own = layers[found].at("config");
    must_be(own, "sparse", false);
    must_be(own, "ragged", false);
    must_be(own, "encoding", "utf-8");
    const Json words = value(own, "vocabulary");
    if (!words.is_list() || words.size() == 0) fail("has no vocabulary, in the configuration or beside it");
    const bool numbers = value(own, "output_mode") == Json("int");
    Json width = value(own, "output_sequence_length");
    if (!numbers) {
      const Json size = value(own, "vocabulary_size");
      const bool full = value(own, "pad_to_max_tokens") == Json(true);
      width = full            ? value(own, "max_tokens")
              : size.is_int() ? size
                              : Json(static_cast<int64_t>(words.size()));
    }
    set_input(layers[input], {Json::list({nullptr, width}), numbers ? "int64" : "float32"});
    const std::string gone = name_of(layers[found]), from = name_of(layers[input]);
    Json layer = layers[found];
    std::erase_if(layer["config"].as_object(), [](const Json::Member& member) {
      return member.first == "vocabulary" || member.first == "idf_weights";
    });
    if (inside_) {  // a model keeps a layer, and its place among those of its class
      layers[found]["class_name"] = "Identity";
      layers[found]["config"] = Json::object({{"name", gone}});
    } else {
      layers.erase(layers.begin() + static_cast<std::ptrdiff_t>(found));
      redirect_calls(config_, gone, from);
    }
    return {{.encoder = Json::object({{"class_name", kVectorization}, {"config", own}})}, taken_layer(layer, !inside_)};
  }

  TextFront lookup(Json& input, Json& layer) {
    const Json before = layer;
    Json own = layer.at("config");
    for (const char* key : {"invert", "sparse"}) must_be(own, key, false);
    must_be(own, "num_oov_indices", int64_t{1});
    must_be(own, "mask_token", "");
    must_be(own, "encoding", "utf-8");
    must_be(own, "oov_method", "floormod");
    if (value(own, "output_mode") == Json("tf_idf")) fail("its output_mode is 'tf_idf'");
    Json words = Json::list();
    const Json mask = value(own, "mask_token"), unknown = value(own, "oov_token");
    const Json listed = value(own, "vocabulary");
    if (!listed.is_list() || listed.size() == 0)
      fail("it has no vocabulary, in the configuration or beside it");
    for (const Json& word : listed.as_list()) {
      if (word != unknown && word != Json("")) words.push_back(word);
    }
    // The numbers of words that the encoder gives: 0 for "", 1 for any other, then the words.
    Json places = Json::list();
    for (size_t i = 0; i < words.size(); ++i) places.push_back(static_cast<int64_t>(i) + 2);
    const Json encoder = Json::object({{"max_tokens", nullptr},
                                       {"standardize", nullptr},
                                       {"split", nullptr},
                                       {"ngrams", nullptr},
                                       {"output_mode", "int"},
                                       {"output_sequence_length", int64_t{1}},
                                       {"vocabulary", std::move(words)},
                                       {"encoding", "utf-8"}});
    std::erase_if(own.as_object(), [](const Json::Member& member) {
      return member.first == "encoding" || member.first == "idf_weights" || member.first == "salt";
    });
    own["vocabulary"] = std::move(places);
    own["vocabulary_dtype"] = "int64";
    own["oov_token"] = int64_t{-1};
    own["mask_token"] = mask.is_null() ? Json() : Json(int64_t{0});
    layer["class_name"] = "IntegerLookup";
    layer["config"] = std::move(own);
    set_input(input, {Json::list({nullptr, int64_t{1}}), "int64"});
    return {{.encoder = Json::object({{"class_name", kVectorization}, {"config", encoder}})}, taken_layer(before, false)};
  }

  Json& config_;
  const std::string& file_;
  bool inside_;  // of another model
  std::string what_;
  Numbers numbers_ = {nullptr, ""};
  std::set<std::string> used_;  // inputs that have been turned into numbers
};

// The layer of that name in the model's list, or nothing.
Json* layer_named(Json& model, const Json& name) {
  if (!layers_of(model)) return nullptr;
  for (Json& layer : model["config"]["layers"].as_list()) {
    if (layer.is_object() && layer.contains("config") && layer.at("config").is_object() &&
        value(layer.at("config"), "name") == name)
      return &layer;
  }
  return nullptr;
}

// Puts the input and, in the innermost model, the layer back; false where the model is another one by now.
bool put(Json& model, const Json& taken, size_t level, const TextInfo& text) {
  const Json& inputs = taken.at("inputs");
  const Json& models = taken.at("models");
  const Json& before = inputs.at(level);
  Json* const input = layer_named(model, value(before.at("config"), "name"));
  if (!input || !is_class(*input, "InputLayer")) return false;
  if (level < models.size()) {
    Json* const inner = layer_named(model, models.at(level));
    if (!inner || !put(*inner, taken, level + 1, text)) return false;
  } else {
    Json layer = taken.at("layer");
    const Json name = layer.at("config").at("name");
    if (is_class(layer, kVectorization)) {
      if (value(text.encoder, "class_name") != Json(kVectorization)) return false;
      for (const char* key : {"vocabulary", "idf_weights"}) {
        if (const Json* words = text.encoder.at("config").find(key)) layer["config"][key] = *words;
      }
    }
    Json* const there = layer_named(model, name);
    if (taken.at("erased") == Json(true)) {
      if (there) return false;
      redirect_calls(model, name_of(*input), name.as_string());
      std::vector<Json>& layers = model["config"]["layers"].as_list();
      layers.insert(layers.begin() + (input - layers.data()) + 1, std::move(layer));
    } else {
      if (!there || !(is_class(*there, "Identity") || is_class(*there, "IntegerLookup"))) return false;
      *there = std::move(layer);
    }
  }
  *layer_named(model, value(before.at("config"), "name")) = before;
  if (const Json shape = value(before.at("config"), "batch_shape"); shape.is_list()) set_built_for(model, shape);
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
      const std::string input = name_of(taken.at("inputs").at(size_t{0}));
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

std::vector<TextFront> take_text_fronts(Json& config, const std::string& name) {
  Front front(config, name);
  constexpr size_t kMost = 64;  // each looks at the whole configuration
  std::vector<TextFront> all;
  while (std::optional<TextFront> one = front.take()) {
    all.push_back(std::move(*one));
    if (all.size() > kMost) throw FileError("'" + name + "': more than " + std::to_string(kMost) + " inputs take texts");
  }
  return all;
}

}  // namespace lamina::detail
