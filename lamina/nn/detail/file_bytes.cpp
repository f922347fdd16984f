// The registry of formats whose files can be made in memory.
#include "lamina/nn/detail/file_bytes.h"

#include <filesystem>
#include <map>

namespace lamina::detail {
namespace {

std::map<std::string, FileBytes>& all() {
  static std::map<std::string, FileBytes> formats;
  return formats;
}

}  // namespace

bool register_file_bytes(const char* extension, FileBytes bytes) {
  return all().emplace(extension, bytes).second;
}

FileBytes find_file_bytes(const std::string& path) {
  const auto found = all().find(std::filesystem::path(path).extension().string());
  return found == all().end() ? nullptr : found->second;
}

}  // namespace lamina::detail
