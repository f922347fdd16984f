// The index of a checkpoint whose tensors lie in several files. Internal header.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace lamina::detail {

/// What Hugging Face writes beside the parts of a checkpoint: under "weight_map", the file of each tensor.
class ShardIndex {
 public:
  /// Throws FileError for what is no index, and for files that are missing or not beside it.
  /// @param kind  of the files, for messages: "safetensors"
  ShardIndex(const std::filesystem::path& path, const std::string& kind);
  /// Paths of the files, each once, by name.
  const std::vector<std::string>& files() const { return files_; }
  /// Throws FileError for a tensor that the index names and that is not `there`.
  void check(const std::function<bool(const std::string& tensor)>& there) const;

 private:
  std::string path_;
  std::map<std::string, std::string> file_of_;
  std::vector<std::string> files_;
};

}  // namespace lamina::detail
