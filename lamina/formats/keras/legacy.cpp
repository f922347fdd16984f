// Whole models in HDF5 files: .h5 and .hdf5 of Keras 1, 2 and 3.
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/keras/legacy_weights.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/keras/text_front.h"
#include "lamina/nn/detail/load_notes.h"

namespace lamina {
namespace detail {
namespace {

Json json_attribute(const Hdf5Tree& tree, const char* attribute, const std::string& name) {
  const std::vector<std::string> texts = legacy_names(tree, "", attribute);
  std::string text;
  for (const std::string& part : texts) text += part;
  return text.empty() ? Json() : Json::parse(text, name + ": attribute " + attribute);
}

Model read_model(const ByteSource& bytes, const std::string& name, LoadReport* report,
                 const LoadOptions& options) {
  const Hdf5Tree tree = read_hdf5(bytes, name);
  const Json config = json_attribute(tree, "model_config", name);
  if (!config.is_object()) {
    throw FileError("'" + name +
                    "' is an HDF5 file without a model_config: it holds no model, or weights alone; make " +
                    "the model and use load_weights(model, path)");
  }
  std::string group;
  const bool has_weights = has_legacy_weights(tree, group);
  LegacyWriter writer = legacy_writer(tree, group);
  if (const Json* version = config.find("keras_version");
      version && version->is_string() && writer.version.empty())
    writer.version = version->as_string();
  int64_t stored = 0;
  for (const auto& [path, tensor] : tree.arrays) stored += tensor.size();
  const LoadNotes notes(name);
  Json translated = keras3_config(config, json_attribute(tree, "training_config", name), writer);
  const std::vector<TextFront> fronts = take_text_fronts(translated, name);
  Model model = configured_model(translated, stored, options);
  LoadReport result;
  if (has_weights && model.built()) result = apply_legacy_weights(model, tree, LegacyPairing::kByOrder);
  if (!has_weights && model.built() && !model.weights().empty())
    throw FileError("'" + name + "' holds a model without its weights");
  if (has_weights && !model.built() && stored > 0)
    throw FileError(
        "'" + name +
        "' holds weights, but its configuration does not say for which input: they have no place");
  if (!result.complete())
    throw FileError("'" + name + "' does not fit its own configuration:" + result.problems());
  warn_of_nan(model, name);
  const size_t skipped = result.skipped.size();
  apply_legacy_optimizer(model, tree, result);
  // A training that goes on without its moments looks as if it went on with them.
  for (size_t i = skipped; model.compiled() && i < result.skipped.size(); ++i)
    warn("'" + name + "': the optimizer's state is left out: " + result.skipped[i]);
  if (report) *report = std::move(result);
  if (const Json info = json_attribute(tree, kH5DataInfo, name); !info.is_null())
    model.set_data_info(DataInfo::from_json(info, name + ": attribute " + kH5DataInfo));
  if (!fronts.empty()) model.set_data_info(with_text_fronts(model.data_info(), fronts));
  return model;
}

}  // namespace

Model legacy_model_of(const ByteSource& bytes, const std::string& name, LoadReport* report,
                      const LoadOptions& options) {
  return reading(name, [&] { return read_model(bytes, name, report, options); });
}

}  // namespace detail

Model load_keras_h5(const std::string& path, LoadReport* report, const LoadOptions& options) {
  return detail::reading(path, [&] {
    return detail::legacy_model_of(detail::ByteSource::of_file(path), path, report, options);
  });
}

namespace {

Model load(const std::string& path, const LoadOptions& options) {
  return load_keras_h5(path, nullptr, options);
}

[[maybe_unused]] const bool kLegacyRegistered = register_model_format({".h5", save_keras_h5, load}) &&
                                          register_model_format({".hdf5", save_keras_h5, load});

}  // namespace
}  // namespace lamina
