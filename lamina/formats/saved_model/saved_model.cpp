// From the objects of a SavedModel to a Keras model: the root's configuration, and for each layer the
// variables that it lists, found in the checkpoint by their ways from the root. Without layers that are known
// here, its graph.
#include "lamina/formats/saved_model/saved_model.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/detail/tensor_bundle.h"
#include "lamina/formats/keras/legacy_weights.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/onnx/graph_model.h"
#include "lamina/formats/saved_model/graph_import.h"
#include "lamina/formats/saved_model/object_graph.h"
#include "lamina/formats/saved_model/optimizer_state.h"
#include "lamina/formats/saved_model/signatures.h"
#include "lamina/nn/detail/load_notes.h"

namespace lamina {
namespace detail {
namespace {

constexpr char kValue[] = "/.ATTRIBUTES/VARIABLE_VALUE";

// Member names as checkpoints write them.
std::string escaped(const std::string& name) {
  std::string text;
  for (const char c : name)
    text += c == '.' ? std::string("..") : c == '/' ? std::string(".S") : std::string(1, c);
  return text;
}

// The key of each variable in the checkpoint: a way to it from the root, the nearest first, under which there
// is a value.
std::map<size_t, std::string> variable_keys(const std::vector<SavedObject>& objects,
                                            const TensorBundle& bundle) {
  std::map<size_t, std::string> keys;
  std::vector<bool> seen(objects.size(), false);
  std::deque<std::pair<size_t, std::string>> next{{0, ""}};
  seen[0] = true;
  constexpr size_t kLongest = 1024;
  while (!next.empty()) {
    const auto [index, way] = std::move(next.front());
    next.pop_front();
    for (const auto& [name, child] : objects[index].children) {
      const std::string path = (way.empty() ? "" : way + "/") + escaped(name);
      if (path.size() > kLongest) continue;
      if (objects[child].is_variable && !keys.contains(child) && bundle.entries().contains(path + kValue))
        keys[child] = path + kValue;
      if (seen[child]) continue;
      seen[child] = true;
      next.emplace_back(child, path);
    }
  }
  return keys;
}

std::optional<size_t> child_of(const SavedObject& object, const std::string& name) {
  for (const auto& [child, index] : object.children) {
    if (child == name) return index;
  }
  return std::nullopt;
}

// The variables of a layer in the order in which Keras lists them: those that are trained, then the others.
std::vector<size_t> variables_of(const std::vector<SavedObject>& objects, const SavedObject& layer) {
  std::vector<size_t> variables;
  const std::optional<size_t> list = child_of(layer, "variables");
  if (!list) return variables;
  for (size_t i = 0;; ++i) {
    const std::optional<size_t> one = child_of(objects[*list], std::to_string(i));
    if (!one) return variables;
    variables.push_back(*one);
  }
}

Json parse_metadata(const SavedObject& object, const std::string& name) {
  return Json::parse(object.metadata, name + ": metadata");
}

// {"class_name": "__tuple__", "items": [...]} of Keras's JSON is a list here.
Json without_tuples(const Json& json) {
  if (json.is_list()) {
    Json list = Json::list();
    for (const Json& element : json.as_list()) list.push_back(without_tuples(element));
    return list;
  }
  if (!json.is_object()) return json;
  const Json* class_name = json.find("class_name");
  const Json* items = json.find("items");
  if (class_name && items && (*class_name == Json("__tuple__") || *class_name == Json("TensorShape")))
    return without_tuples(*items);
  Json object = Json::object();
  for (const auto& [key, value] : json.as_object()) object[key] = without_tuples(value);
  return object;
}

// The arrays of the model's layers in the layout of .h5 files.
Hdf5Tree weights_of(const std::vector<SavedObject>& objects, TensorBundle& bundle, const Model& model,
                    const std::string& name) {
  const std::map<size_t, std::string> keys = variable_keys(objects, bundle);
  std::map<std::string, const SavedObject*> layers;
  for (const auto& [member, index] : objects[0].children) {
    const SavedObject& object = objects[index];
    if (!member.starts_with("layer") || object.metadata.empty()) continue;
    const Json metadata = parse_metadata(object, name);
    if (const Json* own = metadata.find("name"); own && own->is_string()) layers[own->as_string()] = &object;
  }
  Hdf5Tree tree;
  Hdf5Text& names = tree.attributes[""]["layer_names"];
  names.list = true;
  for (const auto& layer : model.layers()) {
    const auto found = layers.find(layer->name());
    if (found == layers.end()) continue;
    std::vector<std::string> stored;
    for (const size_t variable : variables_of(objects, *found->second)) {
      const auto key = keys.find(variable);
      if (key == keys.end())
        throw FileError("'" + name + "': the checkpoint lacks a variable of layer '" + layer->name() + "'");
      tree.arrays[layer->name() + "/" + key->second] = bundle.read(key->second);
      stored.push_back(key->second);
    }
    names.texts.push_back(layer->name());
    tree.attributes[layer->name()]["weight_names"] = {stored, /*list=*/true};
  }
  return tree;
}

std::string text_of(const Json& json, const char* key) {
  const Json* value = json.find(key);
  return value && value->is_string() ? value->as_string() : "";
}

// What load_model makes of Keras's metadata: layers of its configuration, with their weights.
Model keras_model(const std::string& folder, const std::vector<SavedObject>& objects, TensorBundle& bundle,
                  LoadReport* report, const LoadOptions& options) {
  const std::string path = folder + "/saved_model.pb";
  const Json metadata = without_tuples(parse_metadata(objects[0], path));
  const Json* config = metadata.find("model_config");
  if (!config || !config->is_object())
    throw Unsupported("its model is of the class '" + text_of(metadata, "class_name") +
                      "', which says no configuration");
  LegacyWriter writer{text_of(metadata, "keras_version"), "tensorflow"};
  if (writer.version.empty()) writer.version = "2.4.0";
  const Json* training = metadata.find("training_config");
  int64_t stored = 0;
  for (const auto& [key, entry] : bundle.entries()) {
    if (entry.problem.empty()) stored += std::min(entry.shape.size(), int64_t{1} << 40);
  }
  const LoadNotes notes(folder);
  Model model =
      configured_model(keras3_config(*config, training ? *training : Json(), writer), stored, options);
  if (!model.built())
    throw FileError("'" + folder + "': its configuration does not say for which input it is");
  Hdf5Tree tree = weights_of(objects, bundle, model, path);
  LoadReport result;
  if (!tree.arrays.empty() || !model.weights().empty()) {
    tree.attributes[""]["keras_version"] = {{writer.version}, /*list=*/false};
    result = apply_legacy_weights(model, tree, LegacyPairing::kByOrder);
  }
  if (!result.complete())
    throw FileError("'" + folder + "' does not fit its own configuration:" + result.problems());
  warn_of_nan(model, folder);
  std::vector<std::string> variables;
  for (const std::string& layer : tree.attributes[""]["layer_names"].texts) {
    const std::vector<std::string>& keys = tree.attributes[layer]["weight_names"].texts;
    variables.insert(variables.end(), keys.begin(), keys.end());
  }
  Hdf5Tree state;
  add_optimizer_state(state, variables, bundle);
  apply_legacy_optimizer(model, state, result);
  if (report) *report = result;
  return model;
}

// What its functions compute, where there are no layers, or some that are not known here.
Model graph_model(const std::string& folder, std::string_view bytes, const std::string& signature,
                  const std::vector<SavedObject>& objects, TensorBundle* checkpoint, LoadReport* report) {
  std::map<std::string, bool> trainable;
  std::map<std::string, std::string> keys;  // by the names of variables that only one has
  if (checkpoint && !objects.empty()) {
    std::set<std::string> ambiguous;
    for (const auto& [object, key] : variable_keys(objects, *checkpoint)) {
      trainable[key] = objects[object].trainable;
      if (!keys.emplace(objects[object].name, key).second) ambiguous.insert(objects[object].name);
    }
    for (const std::string& name : ambiguous) keys.erase(name);
  }
  const std::shared_ptr<onnx::ImportedGraph> graph =
      tensorflow::import_graph(bytes, signature, checkpoint, trainable, keys);
  Model model = onnx::model_of(graph, "");
  warn_of_nan(model, folder);
  if (report) {
    *report = {};
    for (const onnx::GraphWeight& weight : graph->weights()) report->applied.push_back(weight.name);
  }
  return model;
}

// What lies in the folder.
struct Folder {
  explicit Folder(const std::string& name) : folder(name), path(name + "/saved_model.pb"), bytes(read_file(path)) {
    objects = read_saved_objects(bytes, path);
    const std::string metadata = folder + "/keras_metadata.pb";
    if (!objects.empty() && std::filesystem::exists(metadata))
      add_keras_metadata(objects, read_file(metadata), metadata);
    // Programs without variables write none.
    if (std::filesystem::exists(variables(folder) + ".index")) checkpoint.emplace(variables(folder));
  }
  static std::string variables(const std::string& folder) { return folder + "/variables/variables"; }
  Model graph(const std::string& signature, LoadReport* report) {
    return graph_model(folder, bytes, signature, objects, checkpoint ? &*checkpoint : nullptr, report);
  }

  std::string folder, path, bytes;
  std::vector<SavedObject> objects;
  std::optional<TensorBundle> checkpoint;
};

Model read_model(const std::string& folder, LoadReport* report, const LoadOptions& options) {
  Folder files(folder);
  const std::vector<SavedObject>& objects = files.objects;
  if (objects.empty() || !objects[0].identifier.starts_with("_tf_keras") || objects[0].metadata.empty())
    return files.graph("", report);
  if (!files.checkpoint) files.checkpoint.emplace(Folder::variables(folder));  // which says that it is missing
  try {
    return keras_model(folder, objects, *files.checkpoint, report, options);
  } catch (const FileError&) {
    throw;  // damaged, or weights that do not fit: the graph would hide it
  } catch (const Error& of_layers) {
    try {
      Model model = files.graph("", report);
      warn("'" + folder +
           "' is loaded as a graph of one layer, since its layers cannot be made: " + of_layers.what());
      return model;
    } catch (const Error& of_graph) {
      throw FileError(std::string("its layers cannot be made: ") + of_layers.what() +
                      "; nor can its graph be read: it " + of_graph.what());
    }
  }
}

}  // namespace
}  // namespace detail

Model load_saved_model(const std::string& folder, LoadReport* report, const LoadOptions& options) {
  return detail::reading(folder, [&] { return detail::read_model(folder, report, options); });
}

Model load_saved_model_signature(const std::string& folder, const std::string& signature, LoadReport* report) {
  const std::vector<std::string> known = saved_model_signatures(folder);
  if (std::find(known.begin(), known.end(), signature) == known.end()) {
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "'" : ", '") + printable(name) + "'";
    throw InvalidArgument("'" + folder + "' has no signature '" + printable(signature) + "'; " +
                          (list.empty() ? "it has none" : "it has " + list));
  }
  return detail::reading(folder, [&] { return detail::Folder(folder).graph(signature, report); });
}

std::vector<std::string> saved_model_signatures(const std::string& folder) {
  return detail::reading(folder, [&] { return tensorflow::signatures_of(read_file(folder + "/saved_model.pb")); });
}

namespace {

[[noreturn]] void save(const Model&, const std::string& path) {
  throw Unsupported("'" + path +
                    "': SavedModel folders are read, not written: they hold TensorFlow's functions; " +
                    "save the model as .keras or .h5");
}
void refuse_to_save(const Model& model, const std::string& path) { save(model, path); }

// `path` is the folder, or the file in it.
Model load(const std::string& path, const LoadOptions& options) {
  const bool file = path.ends_with("/saved_model.pb") || path == "saved_model.pb";
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return load_saved_model(file ? (folder.empty() ? "." : folder) : path, nullptr, options);
}

[[maybe_unused]] const bool kSavedModelRegistered = register_model_format({"/saved_model.pb", refuse_to_save, load});

}  // namespace
}  // namespace lamina
