// Training state as extra members of a .keras archive.
#include "lamina/formats/checkpoint.h"

#include <map>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/npz.h"

namespace lamina {
namespace {

constexpr char kInfo[] = "lamina/training.json";
constexpr char kTensors[] = "lamina/training.npz";
constexpr int64_t kVersion = 1;

TrainingSnapshot training_of(const detail::KerasArchive& archive, const Json& json, const std::string& path) {
  const auto tensors = archive.extra.find(kTensors);
  if (tensors == archive.extra.end())
    throw FileError("'" + path + "' lacks the member '" + std::string(kTensors) + "'");
  std::map<std::string, Tensor> arrays = parse_npz(tensors->second, path + "/" + kTensors);
  TrainingSnapshot snapshot;
  snapshot.info = json.at("training");
  for (const Json& name : json.at("tensors").as_list()) {
    const auto found = arrays.find(name.as_string());
    if (found == arrays.end()) {
      throw FileError("'" + path + "/" + kTensors + "' lacks the array '" + name.as_string() + "'");
    }
    snapshot.tensors.push_back({found->first, found->second});
  }
  return snapshot;
}

}  // namespace

void save_checkpoint(const Model& model, const std::string& path) {
  save_checkpoint(model, model.snapshot(), nullptr, path);
}

void save_checkpoint(const Model& model, const TrainingSnapshot& training, const Json& info,
                     const std::string& path) {
  Json names = Json::list();
  std::map<std::string, Tensor> arrays;
  for (const NamedTensor& tensor : training.tensors) {
    if (!arrays.emplace(tensor.name, tensor.value).second) {
      throw InternalError("the training state has two tensors called '" + tensor.name + "'");
    }
    names.push_back(tensor.name);
  }
  detail::KerasArchive archive = detail::archive_of(model);
  archive.extra[kInfo] =
      Json::object({{"version", kVersion}, {"training", training.info}, {"tensors", names}, {"info", info}})
          .dump();
  archive.extra[kTensors] = npz_bytes(arrays);
  write_file(path, detail::keras_archive_bytes(archive));
}

namespace {

Checkpoint read_checkpoint(const std::string& path) {
  const detail::KerasArchive archive = detail::parse_keras_archive(read_file(path), path);
  Checkpoint checkpoint{detail::model_of(archive, path), std::nullopt, nullptr};
  const auto member = archive.extra.find(kInfo);
  if (member == archive.extra.end()) return checkpoint;
  const std::string name = path + "/" + kInfo;
  const Json json = Json::parse(member->second, name);
  try {
    if (const int64_t version = json.at("version").as_int(); version != kVersion) {
      throw FileError("'" + name + "' is of version " + std::to_string(version) + "; this build reads " +
                      std::to_string(kVersion));
    }
    checkpoint.training = training_of(archive, json, path);
    checkpoint.info = json.at("info");
  } catch (const InvalidArgument& error) {
    throw FileError("'" + name + "': " + error.what());
  }
  return checkpoint;
}

}  // namespace

Checkpoint load_checkpoint(const std::string& path) {
  return detail::reading(path, [&] { return read_checkpoint(path); });
}

}  // namespace lamina
