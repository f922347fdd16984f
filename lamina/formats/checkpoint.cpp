// Training state as extra members of a .keras archive.
#include "lamina/formats/checkpoint.h"

#include <map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/npz.h"
#include "lamina/nn/detail/file_bytes.h"

namespace lamina {
namespace {

constexpr char kInfo[] = "lamina/training.json";
constexpr char kTensors[] = "lamina/training.npz";
constexpr int64_t kVersion = 1;

// Names of layers may hold any character, those of a zip archive's members no control characters.
std::string member_name(const std::string& tensor) {
  std::string name;
  for (const char c : tensor) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      name += c;
    } else {
      name += {'%', "0123456789ABCDEF"[byte / 16], "0123456789ABCDEF"[byte % 16]};
    }
  }
  return name;
}

TrainingSnapshot training_of(const detail::KerasArchive& archive, const Json& json, const std::string& path) {
  const auto tensors = archive.extra.find(kTensors);
  if (tensors == archive.extra.end())
    throw FileError("'" + path + "' lacks the member '" + std::string(kTensors) + "'");
  std::map<std::string, Tensor> arrays = parse_npz(tensors->second, path + "/" + kTensors);
  TrainingSnapshot snapshot;
  snapshot.info = json.at("training");
  snapshot.require_place();
  for (const Json& name : json.at("tensors").as_list()) {
    auto found = arrays.find(member_name(name.as_string()));
    if (found == arrays.end()) found = arrays.find(name.as_string());  // as earlier releases wrote it
    if (found == arrays.end()) {
      throw FileError("'" + path + "/" + kTensors + "' lacks the array '" + name.as_string() + "'");
    }
    snapshot.tensors.push_back({name.as_string(), found->second});
  }
  return snapshot;
}

// What would be a wrong argument in a program is a wrong file here.
template <class Read>
auto as_file_error(const std::string& name, Read&& read) {
  try {
    return read();
  } catch (const InvalidArgument& error) {
    throw FileError("'" + name + "': " + error.what());
  }
}

Json parse_info(const std::string& text, const std::string& name) {
  const Json json = Json::parse(text, name);
  as_file_error(name, [&] {
    if (const int64_t version = json.at("version").as_int(); version != kVersion) {
      throw FileError("'" + name + "' is of version " + std::to_string(version) + "; this build reads " +
                      std::to_string(kVersion));
    }
  });
  return json;
}

}  // namespace

void save_checkpoint(const Model& model, const std::string& path) {
  save_checkpoint(model, model.snapshot(), nullptr, path);
}

namespace {

detail::Pieces checkpoint_pieces(const Model& model, const TrainingSnapshot& training, const Json& info) {
  Json names = Json::list();
  std::map<std::string, Tensor> arrays;
  for (const NamedTensor& tensor : training.tensors) {
    if (!arrays.emplace(member_name(tensor.name), tensor.value).second) {
      throw InternalError("the training state has two tensors called '" + tensor.name + "'");
    }
    names.push_back(tensor.name);
  }
  detail::KerasArchive archive = detail::archive_of(model);
  archive.extra[kInfo] =
      Json::object({{"version", kVersion}, {"training", training.info}, {"tensors", names}, {"info", info}})
          .dump();
  archive.extra[kTensors] = npz_bytes(arrays);
  return detail::keras_archive_pieces(archive);
}

}  // namespace

std::string checkpoint_bytes(const Model& model, const TrainingSnapshot& training, const Json& info) {
  return checkpoint_pieces(model, training, info).str();
}

void save_checkpoint(const Model& model, const TrainingSnapshot& training, const Json& info,
                     const std::string& path, const WriteOptions& options) {
  detail::write_pieces(path, checkpoint_pieces(model, training, info), options);
}

std::optional<CheckpointInfo> read_checkpoint_info(const std::string& path) {
  const detail::ZipReader zip(detail::ByteSource::of_file(path), path);
  if (!zip.has(kInfo)) return std::nullopt;
  const std::string name = path + "/" + kInfo;
  const Json json = parse_info(zip.read(kInfo), name);
  return as_file_error(name, [&] { return CheckpointInfo{json.at("training"), json.at("info")}; });
}

namespace {

std::optional<TrainingState> state_in(const detail::KerasArchive& archive, const std::string& path) {
  const auto member = archive.extra.find(kInfo);
  if (member == archive.extra.end()) return std::nullopt;
  const std::string name = path + "/" + kInfo;
  const Json json = parse_info(member->second, name);
  return as_file_error(name, [&] {
    return TrainingState{training_of(archive, json, path), json.at("info")};
  });
}

Checkpoint read_checkpoint(const std::string& path) {
  const detail::KerasArchive archive = detail::parse_keras_archive(detail::ByteSource::of_file(path), path);
  Checkpoint checkpoint{detail::model_of(archive, path), std::nullopt, nullptr};
  if (std::optional<TrainingState> state = state_in(archive, path)) {
    checkpoint.training = std::move(state->training);
    checkpoint.info = std::move(state->info);
  }
  return checkpoint;
}

}  // namespace

Checkpoint load_checkpoint(const std::string& path) {
  return detail::reading(path, [&] { return read_checkpoint(path); });
}

std::optional<TrainingState> load_training_state(const std::string& path) {
  return detail::reading(path, [&] {
    return state_in(detail::parse_keras_archive(detail::ByteSource::of_file(path), path), path);
  });
}

Likeness model_likeness(const std::string& path, const std::string& other) {
  try {
    const detail::KerasArchive one = detail::parse_keras_archive(detail::ByteSource::of_file(path), path);
    const detail::KerasArchive two = detail::parse_keras_archive(detail::ByteSource::of_file(other), other);
    if (!(one.config.at("config") == two.config.at("config"))) return Likeness::kOther;
    const bool same =
        one.config == two.config && detail::write_hdf5(one.weights) == detail::write_hdf5(two.weights);
    return same ? Likeness::kSameWeights : Likeness::kSameLayers;
  } catch (const Error&) {
    return Likeness::kNoModel;
  }
}

namespace {

std::string bytes_of(const Model& model, bool training) {
  return training ? checkpoint_bytes(model, model.snapshot(), nullptr)
                  : detail::keras_archive_bytes(detail::archive_of(model));
}

[[maybe_unused]] const bool kCheckpointRegistered = detail::register_file_bytes(".keras", bytes_of);

}  // namespace
}  // namespace lamina
