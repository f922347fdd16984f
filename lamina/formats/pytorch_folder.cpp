// One file, or an index of several.
#include "lamina/formats/detail/pytorch_folder.h"

#include <filesystem>
#include <set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/detail/shard_index.h"
#include "lamina/formats/pytorch.h"

namespace lamina::detail {
namespace {

constexpr char kInFolder[] = "pytorch_model.bin", kIndex[] = "pytorch_model.bin.index.json";

// The files that an index says tensors are in, one after the other.
WeightSnapshot open_shards(const std::filesystem::path& index) {
  const ShardIndex shards(index, "PyTorch");
  WeightSnapshot all{.source = index.string(), .format = {}, .entries = {}};
  std::set<std::string> names;
  for (const std::string& file : shards.files()) {
    WeightSnapshot shard = read_pytorch(file);
    for (SnapshotEntry& entry : shard.entries) {
      if (!names.insert(entry.name).second)
        throw FileError("'" + index.string() + "': tensor '" + entry.name + "' is in two of its files");
      all.entries.push_back(std::move(entry));
    }
    for (std::string& line : shard.skipped) all.skipped.push_back(std::move(line));
  }
  shards.check([&](const std::string& name) { return names.count(name) > 0; });
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
