// Layers that take texts, taken off the inputs of a model. text_layers.h says what a single one becomes, text_put.cpp puts
// them back.
#include "lamina/formats/keras/text_front.h"

#include <algorithm>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/formats/keras/text_json.h"
#include "lamina/formats/keras/text_layers.h"

namespace lamina::detail {
namespace {

constexpr int kDeepest = 16;  // models inside of models

// Whether a call is on an output of that layer.
bool refers_to(const Json& json, const std::string& layer) {
  if (json.is_list()) {
    if (is_output_of(json, layer)) return true;
    return std::any_of(json.as_list().begin(), json.as_list().end(),
                       [&](const Json& one) { return refers_to(one, layer); });
  }
  if (!json.is_object()) return false;
  return std::any_of(json.as_object().begin(), json.as_object().end(),
                     [&](const Json::Member& member) { return refers_to(member.second, layer); });
}

bool is_input_of_texts(const Json& layer) { return is_class(layer, "InputLayer") && member_or_null(layer.at("config"), "dtype") == Json("string"); }

// Whether a layer is called on texts. A Hashing is where the input in front of it takes such.
bool is_called_on_texts(const std::vector<Json>& layers, const Json& layer) {
  if (!is_class(layer, kHashing)) return takes_texts_only(layer);
  const bool graph = layer.contains("inbound_nodes");
  return std::any_of(layers.begin(), layers.end(), [&](const Json& one) {
    return is_input_of_texts(one) && (!graph || refers_to(layer.at("inbound_nodes"), layer_name(one)));
  });
}

// The first layer that is called on texts, or the first model that holds one.
std::vector<Json>::const_iterator find_texts(const std::vector<Json>& layers, int deep = 0) {
  return std::find_if(layers.begin(), layers.end(), [&](const Json& layer) {
    if (is_called_on_texts(layers, layer)) return true;
    const Json* list = deep < kDeepest ? layers_of(layer) : nullptr;
    return list && find_texts(list->as_list(), deep + 1) != list->as_list().end();
  });
}

class Front {
 public:
  Front(Json& config, const std::string& name, bool inside = false) : config_(config), file_(name), inside_(inside) {}

  std::optional<TextFront> take() {
    if (!layers_of(config_)) return {};
    std::vector<Json>& layers = config_["config"]["layers"].as_list();
    auto found = layers.begin() + (find_texts(layers) - layers.cbegin());
    if (found == layers.end()) return {};
    what_ = "layer '" + layer_name(*found) + "' (" + found->at("class_name").as_string() + ")";
    const bool graph = found->contains("inbound_nodes");
    auto input = std::find_if(layers.begin(), layers.end(), [&](const Json& one) {
      return is_class(one, "InputLayer") && (!graph || refers_to(found->at("inbound_nodes"), layer_name(one)));
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
          refers_to(other.at("inbound_nodes"), layer_name(*input)))
        fail("its input goes to layer '" + layer_name(other) + "', too");
    }
    if (!used_.insert(layer_name(*input)).second) fail("it is not the only layer of texts at its input");
    const auto at = [&](auto place) { return static_cast<size_t>(place - layers.begin()); };
    if (!graph && at(found) != at(input) + 1) fail("there are layers in front of it");
    if (graph && found->at("inbound_nodes").size() != 1) fail("it is called more than once");
    const Json shape = member_or_null(input->at("config"), "batch_shape");
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
    TextFront front = is_text_layer(layers[found]) ? single(layers, input, found) : nested(layers, input, found);
    front.taken["inputs"].as_list().insert(front.taken["inputs"].as_list().begin(), before);
    front.input = layer_name(before);
    front.alone = count_inputs(layers) == 1;
    return front;
  }

  TextFront nested(std::vector<Json>& layers, size_t input, size_t found) {
    Front inner(layers[found], file_, true);
    std::optional<TextFront> front = inner.take();
    if (!front) fail("it is nested too deep");
    if (inner.take()) fail("it is not the only layer of texts at its input");
    set_input(layers[input], inner.numbers());
    front->taken["models"].as_list().insert(front->taken["models"].as_list().begin(), Json(layer_name(layers[found])));
    return std::move(*front);
  }

  TextFront single(std::vector<Json>& layers, size_t input, size_t found) {
    TextLayer parts = taken_apart(layers[found], [this](const std::string& why) { fail(why); });
    set_input(layers[input], std::move(parts.numbers));
    const std::string gone = layer_name(layers[found]), from = layer_name(layers[input]);
    const bool erased = !parts.behind && !inside_;
    if (parts.behind) {
      layers[found] = std::move(*parts.behind);
    } else if (inside_) {  // a model keeps a layer, and its place among those of its class
      layers[found]["class_name"] = "Identity";
      layers[found]["config"] = Json::object({{"name", gone}});
    } else {
      layers.erase(layers.begin() + static_cast<std::ptrdiff_t>(found));
      redirect_calls(config_, gone, from);
    }
    return {std::move(parts.text), Json::object({{"inputs", Json::list()},
                                                 {"models", Json::list()},
                                                 {"layer", std::move(parts.kept)},
                                                 {"erased", erased}})};
  }

  Json& config_;
  const std::string& file_;
  bool inside_;  // of another model
  std::string what_;
  Numbers numbers_ = {nullptr, ""};
  std::set<std::string> used_;  // inputs that have been turned into numbers
};

}  // namespace

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
