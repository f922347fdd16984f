// One file, or an index of several.
#include "lamina/formats/detail/pytorch_folder.h"

#include <filesystem>
#include <set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/pytorch.h"

namespace lamina::detail {
namespace {

constexpr char kInFolder[] = "pytorch_model.bin", kIndex[] = "pytorch_model.bin.index.json";

// The files that an index says tensors are in, one after the other.
WeightSnapshot open_shards(const std::filesystem::path& index) {
  constexpr uint64_t kMost = uint64_t{100} << 20;
  const Json json = Json::parse(read_file(index.string(), kMost), index.string(), kMost);
  const Json* const map = json.is_object() ? json.find("weight_map") : nullptr;
  if (!map || !map->is_object()) throw FileError("'" + index.string() + "' has no \"weight_map\": it is no index");
  std::set<std::string> files;
  for (const auto& [name, file] : map->as_object()) {
    if (!file.is_string() || file.as_string().empty() || file.as_string().find('/') != std::string::npos)
      throw FileError("'" + index.string() + "': tensor '" + name + "' should be in a file beside the index, not in " +
                      file.dump().substr(0, 200));
    files.insert(file.as_string());
  }
  WeightSnapshot all{.source = index.string(), .format = {}, .entries = {}};
  std::set<std::string> names;
  for (const std::string& file : files) {
    WeightSnapshot shard = read_pytorch((index.parent_path() / file).string());
    for (SnapshotEntry& entry : shard.entries) {
      if (!names.insert(entry.name).second)
        throw FileError("'" + index.string() + "': tensor '" + entry.name + "' is in two of its files");
      all.entries.push_back(std::move(entry));
    }
    for (std::string& line : shard.skipped) all.skipped.push_back(std::move(line));
  }
  for (const auto& [name, file] : map->as_object()) {
    if (!names.count(name))
      throw FileError("'" + index.string() + "' says that tensor '" + name + "' is in '" + file.as_string() +
                      "', and it is not");
  }
  return all;
}

}  // namespace

bool is_pytorch_folder(const std::string& folder) {
  const auto has = [&](const char* name) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(std::filesystem::path(folder) / name, ignored);
  };
  return (has(kInFolder) || has(kIndex)) && !has("model.safetensors") && !has("model.safetensors.index.json");
}

WeightSnapshot open_pytorch_folder(const std::string& folder) {
  const std::filesystem::path file = std::filesystem::path(folder) / kInFolder;
  return std::filesystem::exists(file) ? read_pytorch(file.string()) : open_shards(std::filesystem::path(folder) / kIndex);
}

}  // namespace lamina::detail
