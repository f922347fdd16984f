// Architectures alone, as text: what Keras's to_json writes and model_from_json reads.
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/keras/legacy_config.h"
#include "lamina/formats/tfjs/tfjs.h"
#include "lamina/nn/detail/load_notes.h"
#include "lamina/nn/detail/model_content.h"
#include "lamina/nn/detail/weight_limit.h"

namespace lamina {

std::string model_to_json(const Model& model) { return model.serialize().dump(); }

namespace {

Model untrained(const Json& json, const std::string& name, const LoadOptions& options) {
  const detail::LoadNotes notes(name);
  detail::LegacyWriter writer;
  for (const auto& [key, place] :
       {std::pair{"keras_version", &writer.version}, {"backend", &writer.backend}}) {
    if (const Json* value = json.find(key); value && value->is_string()) *place = value->as_string();
  }
  // No file of a few kilobytes makes a model of more than that: 4 GiB of float32.
  const detail::WeightLimit limit(int64_t{1} << 30);
  return Model::from_json(detail::keras3_config(json, nullptr, writer), {}, options.compile);
}

Json parse(const std::string& text, const std::string& name) {
  Json json = Json::parse(text, name);
  if (!json.is_object() || !json.contains("class_name"))
    throw FileError("'" + name + "' is not the configuration of a Keras model: it has no class_name");
  return json;
}

}  // namespace

Model model_from_json(const std::string& text, const std::string& name, const LoadOptions& options) {
  return detail::reading(name, [&] { return untrained(parse(text, name), name, options); });
}

namespace {

void save(const Model& model, const std::string& path) { write_file(path, model_to_json(model)); }

Model load(const std::string& path, const LoadOptions& options) {
  const std::string text = read_file(path);
  if (is_tfjs_model(text)) return load_tfjs(path, nullptr, options);
  return model_from_json(text, path, options);
}

[[maybe_unused]] const bool kJsonKnown = detail::register_model_content(".json", [](std::string_view start) {
  const size_t first = start.find_first_not_of(" \t\r\n");
  const auto has = [&](const char* word) { return start.find(word) != start.npos; };
  return first != start.npos && start[first] == '{' &&
         (has("\"class_name\"") || (has("\"module\"") && has("keras")) || has("\"modelTopology\""));
});

[[maybe_unused]] const bool kJsonRegistered = register_model_format({".json", save, load});

}  // namespace
}  // namespace lamina
