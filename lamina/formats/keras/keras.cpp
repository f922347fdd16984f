// Saving and loading models as Keras 3 does.
#include "lamina/formats/keras/keras.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/legacy_weights.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/keras/text_front.h"
#include "lamina/formats/keras/vocabularies.h"
#include "lamina/formats/keras/weights.h"
#include "lamina/nn/detail/load_notes.h"
#include "lamina/nn/detail/shared_objects.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/nn/detail/weight_limit.h"

namespace lamina {
namespace detail {
namespace {

// What the model knows of its data, for Lamina alone.
constexpr char kDataInfo[] = "lamina/data.json";

}  // namespace

Model configured_model(const Json& config, int64_t stored, const LoadOptions& options) {
  // Every weight must be in the file: a configuration that asks for far more need not be built to be refused.
  // A little more is, for the sake of a better message.
  constexpr int64_t kSmall = 1 << 20;
  const WeightLimit limit(kSmall + 2 * stored);
  const ValuesFollow values_follow;
  return Model::from_json(config, {}, options.compile);
}

KerasArchive archive_of(const Model& model) {
  const SharedWriting sharing(model);
  KerasArchive archive;
  archive.metadata = keras_metadata();
  archive.weights = keras_weights(model);
  archive.config = model.serialize();
  sharing.check();
  put_text_fronts(archive.config, model.data_info());
  store_term_weights(archive);
  if (!model.data_info().empty()) archive.extra[kDataInfo] = model.data_info().to_json().dump();
  return archive;
}

namespace {

Model read_model(const KerasArchive& archive, const std::string& name, LoadReport* report,
                 const LoadOptions& options) {
  int64_t stored = 0;
  for (const auto& [path, tensor] : archive.weights.arrays) stored += tensor.size();
  const LoadNotes notes(name);
  Json config = with_vocabularies(archive, name);
  const std::vector<TextFront> fronts = take_text_fronts(config, name);
  Model model = configured_model(config, stored, options);
  const auto of_layer = [](const auto& array) { return !array.first.starts_with("optimizer/"); };
  const auto& arrays = archive.weights.arrays;
  if (!model.built() && std::any_of(arrays.begin(), arrays.end(), of_layer)) {
    throw FileError("'" + name + "' holds weights, but its configuration has neither an InputLayer nor a " +
                    "build_config that says for which input: they have no place");
  }
  const SharedWriting as_written(model);
  const LoadReport result = apply_keras_weights(model, archive.weights);
  if (!result.complete())
    throw FileError("'" + name + "' does not fit its own configuration:" + result.problems());
  warn_of_nan(model, name);
  if (report) *report = result;
  if (const auto member = archive.extra.find(kDataInfo); member != archive.extra.end()) {
    const std::string path = name + "/" + kDataInfo;
    model.set_data_info(DataInfo::from_json(Json::parse(member->second, path), path));
  }
  if (!fronts.empty()) model.set_data_info(with_text_fronts(model.data_info(), fronts));
  return model;
}

}  // namespace

Model model_of(const KerasArchive& archive, const std::string& name, LoadReport* report,
               const LoadOptions& options) {
  return reading(name, [&] { return read_model(archive, name, report, options); });
}

}  // namespace detail

void save_keras(const Model& model, const std::string& path, const WriteOptions& options) {
  detail::write_pieces(path, detail::keras_archive_pieces(detail::archive_of(model)), options);
}

Model load_keras(const std::string& path, LoadReport* report, const LoadOptions& options) {
  return detail::reading(path, [&] {
    const auto bytes = detail::ByteSource::of_file(path);
    if (detail::is_hdf5(bytes)) return detail::legacy_model_of(bytes, path, report, options);
    return detail::model_of(detail::parse_keras_archive(bytes, path), path, report, options);
  });
}

void save_weights(const Model& model, const std::string& path) {
  if (!path.ends_with(".weights.h5")) {
    throw InvalidArgument("save_weights: expected a path that ends in '.weights.h5', received '" + path +
                          "'");
  }
  detail::write_pieces(path, detail::hdf5_pieces(detail::keras_weights(model), /*checksums=*/true));
}

namespace {

LoadReport fitting(const Model& model, const std::string& path, LoadReport report) {
  if (!report.complete())
    throw FileError("'" + path + "' does not fit the model '" + model.name() + "':" + report.problems());
  detail::warn_of_nan(model, path);
  return report;
}

}  // namespace

LoadReport load_weights(Model& model, const std::string& path, const LoadWeightsOptions& options) {
  if (!model.built()) {
    throw InvalidArgument("load_weights: model '" + model.name() +
                          "' is not built; give it an Input or build it first");
  }
  return detail::reading(path, [&] {
    const auto bytes = detail::ByteSource::of_file(path);
    const bool shards = path.ends_with(".weights.json"), weights_alone = shards || detail::is_hdf5(bytes);
    const auto beside = [&](const std::string& file, const std::string& label) {
      const std::filesystem::path shard = std::filesystem::path(path).parent_path() / file;
      return detail::read_hdf5(detail::ByteSource::of_file(shard.string()), label);
    };
    const detail::Hdf5Tree tree = shards          ? detail::read_weight_shards(read_file(path), path, beside)
                                  : weights_alone ? detail::read_hdf5(bytes, path)
                                                  : detail::parse_keras_archive(bytes, path).weights;
    std::string group;
    if (weights_alone && detail::has_legacy_weights(tree, group)) {
      const auto pairing = options.by_name ? detail::LegacyPairing::kByName : detail::LegacyPairing::kByOrder;
      return fitting(model, path, detail::apply_legacy_weights(model, tree, pairing));
    }
    if (options.by_name)
      throw InvalidArgument("its weights have places, no names of layers: load it without by_name");
    std::optional<detail::SharedWriting> as_written;  // archives name some models by what they are written as
    if (!weights_alone) as_written.emplace(model);
    return fitting(model, path, detail::apply_keras_weights(model, tree));
  });
}

namespace {

void save(const Model& model, const std::string& path) { save_keras(model, path); }
Model load(const std::string& path, const LoadOptions& options) { return load_keras(path, nullptr, options); }

[[maybe_unused]] const bool kKerasRegistered = register_model_format({".keras", save, load});

}  // namespace
}  // namespace lamina
