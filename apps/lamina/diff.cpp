// lamina diff: in what two models, or two files of weights, differ.
#include <fmt/format.h>

#include <map>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/tensor_statistics.h"
#include "model_file.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string a, b;
  bool json = false;
};

std::map<std::string, const Layer*> layers_of(const Model& model) {
  std::map<std::string, const Layer*> layers;
  for (const auto& layer : model.layers()) layers.emplace(layer->name(), layer.get());
  return layers;
}

// An option to show: what is long, a graph of ONNX say, by its size alone.
Json shown_option(const Json* value) {
  constexpr size_t kMost = 400;
  if (!value) return {};
  const std::string text = value->dump();
  return text.size() <= kMost ? *value : Json(fmt::format("({} characters)", text.size()));
}

// Members of two objects that are not the same, into `changed`; those of objects inside by their paths: "config.n_layer".
void compare(const Json& left, const Json& right, const std::string& path, Json& changed) {
  const auto compare_member = [&](const std::string& key) {
    const Json* const x = left.find(key);
    const Json* const y = right.find(key);
    if (x && y && *x == *y) return;
    if (x && y && x->is_object() && y->is_object()) return compare(*x, *y, path + key + ".", changed);
    changed[path + key] = Json::list({shown_option(x), shown_option(y)});
  };
  for (const auto& [key, value] : left.as_object()) compare_member(key);
  for (const auto& [key, value] : right.as_object()) {
    if (!left.contains(key)) compare_member(key);
  }
}

// The options of two layers that are not the same: {"units": [3, 4]}.
Json changes(const Layer& a, const Layer& b) {
  Json changed = Json::object();
  if (a.class_name() != b.class_name()) changed["class"] = Json::list({a.class_name(), b.class_name()});
  compare(a.config(), b.config(), "", changed);
  return changed;
}

Json structure(const Model& a, const Model& b) {
  const auto left = layers_of(a), right = layers_of(b);
  Json added = Json::list(), removed = Json::list(), changed = Json::list();
  for (const auto& layer : a.layers()) {
    const auto other = right.find(layer->name());
    if (other == right.end()) {
      removed.push_back(layer->name());
      continue;
    }
    Json options = changes(*layer, *other->second);
    if (options.size() > 0) changed.push_back(Json::object({{"layer", layer->name()}, {"options", options}}));
  }
  for (const auto& layer : b.layers()) {
    if (!left.contains(layer->name())) added.push_back(layer->name());
  }
  return Json::object({{"added", added}, {"removed", removed}, {"changed", changed}});
}

Json array_json(const SnapshotEntry& a, const SnapshotEntry& b) {
  Json json = Json::object({{"name", a.name}});
  if (a.type.shape != b.type.shape) {
    json["equal"] = false;
    json["types"] = Json::list({a.type.str(), b.type.str()});
    return json;
  }
  const TensorDifference difference = difference_of(a.read(), b.read());
  json["equal"] = difference.equal;
  if (a.type != b.type) json["types"] = Json::list({a.type.str(), b.type.str()});
  json["max_abs"] = finite(difference.max_abs);
  json["relative"] = finite(difference.relative);
  json["cosine"] = finite(difference.cosine);
  return json;
}

Json weights(const WeightSnapshot& a, const WeightSnapshot& b) {
  std::map<std::string, const SnapshotEntry*> left, right;
  for (const SnapshotEntry& entry : a.entries) left.emplace(entry.name, &entry);
  for (const SnapshotEntry& entry : b.entries) right.emplace(entry.name, &entry);
  Json added = Json::list(), removed = Json::list(), arrays = Json::list();
  for (const SnapshotEntry& entry : a.entries) {
    const auto other = right.find(entry.name);
    if (other == right.end()) {
      removed.push_back(entry.name);
    } else {
      arrays.push_back(array_json(entry, *other->second));
    }
  }
  for (const SnapshotEntry& entry : b.entries) {
    if (!left.contains(entry.name)) added.push_back(entry.name);
  }
  return Json::object({{"added", added}, {"removed", removed}, {"arrays", arrays}});
}

bool nothing_in(const Json& part) {
  for (const auto& [key, value] : part.as_object()) {
    if (key != "arrays" && value.size() > 0) return false;
  }
  return true;
}

void print_text(const Options& options, bool identical, const Json& layers, const Json& arrays) {
  std::string text = fmt::format("{} and {} {}\n", printable(options.a), printable(options.b),
                                 identical ? "are identical" : "differ");
  const auto list = [&](const Json& names, const char* sign, const char* what) {
    for (const Json& name : names.as_list())
      text += fmt::format(" {} {} {}\n", sign, what, printable(name.as_string()));
  };
  if (layers.is_object()) {
    list(layers.at("removed"), "-", "layer");
    list(layers.at("added"), "+", "layer");
    for (const Json& one : layers.at("changed").as_list()) {
      for (const auto& [key, pair] : one.at("options").as_object())
        text += fmt::format(" ~ layer {}: {} {} -> {}\n", printable(one.at("layer").as_string()), key,
                            printable(pair.at(size_t{0}).dump()), printable(pair.at(1).dump()));
    }
  }
  list(arrays.at("removed"), "-", "array");
  list(arrays.at("added"), "+", "array");
  int64_t equal = 0;
  for (const Json& one : arrays.at("arrays").as_list()) {
    if (one.at("equal").as_bool()) {
      ++equal;
      continue;
    }
    text += fmt::format(" ~ array {}:", printable(one.at("name").as_string()));
    if (const Json* const types = one.find("types"))
      text += fmt::format(" {} -> {}", types->at(size_t{0}).as_string(), types->at(1).as_string());
    const auto number = [&](const char* key) {
      return one.at(key).is_null() ? std::string("not finite")
                                   : fmt::format("{:.6g}", one.at(key).as_double());
    };
    if (one.contains("max_abs"))
      text += fmt::format(" max |a-b| {}, relative {}, cosine {}", number("max_abs"), number("relative"),
                          number("cosine"));
    text += "\n";
  }
  text += fmt::format(" {} arrays are equal, bit for bit\n", equal);
  tell(stdout, text);
}

// A folder's weights under the names that a model of another format has for them.
void name_as_model(ModelFile& folder, const ModelFile& other) {
  if (!folder.pretrained || !folder.model || !other.model || other.pretrained) return;
  const std::string source = folder.weights.source;
  folder.weights = snapshot_of(*folder.model);
  folder.weights.source = source;
}

// Weights that do not say of which model, under the names that the other file's model has for them, where they are all of
// its weights.
void name_by(ModelFile& weights, const std::optional<Model>& model) {
  if (weights.model || !model || !model->built()) return;
  Model copy = model->clone();
  if (!apply_snapshot(copy, weights.weights).complete()) {
    try {
      load_weights(copy, weights.weights.source);
    } catch (const Error&) {
      return;  // of another model: compared under their own names
    }
  }
  const std::string source = weights.weights.source;
  weights.weights = snapshot_of(copy);
  weights.weights.source = source;
}

int diff(const Options& options) {
  ModelFile a = read_model_file(options.a), b = read_model_file(options.b);
  name_as_model(a, b);
  name_as_model(b, a);
  name_by(a, b.model);
  name_by(b, a.model);
  const Json layers = a.model && b.model ? structure(*a.model, *b.model) : Json();
  a.model.reset();  // arrays that lie in files are read one by one
  b.model.reset();
  const Json arrays = weights(a.weights, b.weights);
  bool identical = nothing_in(arrays) && (layers.is_null() || nothing_in(layers));
  for (const Json& one : arrays.at("arrays").as_list()) identical &= one.at("equal").as_bool();
  if (options.json) {
    print_json(Json::object({{"a", options.a},
                             {"b", options.b},
                             {"identical", identical},
                             {"structure", layers},
                             {"weights", arrays}}));
  } else {
    print_text(options, identical, layers, arrays);
  }
  return 0;
}

}  // namespace

void add_diff(CLI::App& app, Action& action) {
  Command command(app, "diff", "Compare two models, or two files of weights: layers, options, numbers");
  auto options = std::make_shared<Options>();
  command.add(options->a,
              {.name = "A", .help = "A model or weights, as inspect shows them", .required = true});
  command.add(options->b, {.name = "B", .help = "Another one, of any format", .required = true});
  add_json(command, options->json, "whether they are identical, and in what they differ");
  command.footer(
      "The exit status is 0 also where they differ: --json says \"identical\". The state of an optimizer is "
      "not compared.");
  command.on_call([options, &action] { action = [options] { return diff(*options); }; });
}

}  // namespace lamina::cli
