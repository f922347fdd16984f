// Folders with a table for each part, by their names.
#include <filesystem>

#include "lamina/data/detail/part_files.h"

namespace lamina::detail {
namespace {

std::string first_there(const std::string& folder, const std::vector<std::string>& names) {
  std::error_code ignored;
  for (const std::string& name : names) {
    for (const char* packed : {"", ".gz"}) {
      const std::filesystem::path path = std::filesystem::path(folder) / (name + packed);
      if (std::filesystem::is_regular_file(path, ignored)) return path.string();
    }
  }
  return "";
}

}  // namespace

std::string part_file(const std::string& folder, const std::string& part) {
  return first_there(folder, {part + ".csv", part + ".tsv", part + ".parquet"});
}

std::string intents_file(const std::string& folder) { return first_there(folder, {"data_full.json"}); }

}  // namespace lamina::detail
