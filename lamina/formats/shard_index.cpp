// Reading an index, which is trusted no more than another file.
#include "lamina/formats/detail/shard_index.h"

#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/json.h"

namespace lamina::detail {

ShardIndex::ShardIndex(const std::filesystem::path& path, const std::string& kind) : path_(path.string()) {
  constexpr uint64_t kMost = 100'000'000;
  const Json json = Json::parse(read_file(path_, kMost), path_, kMost);
  const Json* const map = json.is_object() ? json.find("weight_map") : nullptr;
  if (!map || !map->is_object())
    throw FileError("'" + path_ + "' has no \"weight_map\": it is no index of " + kind + " files");
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->as_object()) {
    if (!file.is_string() || file.as_string().empty() || file.as_string().find('/') != std::string::npos)
      throw FileError("'" + path_ + "': tensor '" + tensor + "' should be in a file beside the index, not in " +
                      file.dump().substr(0, 200));
    names.insert(file.as_string());
    file_of_.emplace(tensor, file.as_string());
  }
  for (const std::string& name : names) {
    const std::filesystem::path file = path.parent_path() / name;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored))
      throw FileError("'" + file.string() + "' is missing: '" + path_ + "' says that tensors are in it");
    files_.push_back(file.string());
  }
}

void ShardIndex::check(const std::function<bool(const std::string& tensor)>& there) const {
  for (const auto& [tensor, file] : file_of_) {
    if (!there(tensor))
      throw FileError("'" + path_ + "' says that tensor '" + tensor + "' is in '" + file + "', and it is not");
  }
}

}  // namespace lamina::detail
