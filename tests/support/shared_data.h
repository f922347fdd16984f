// Real data sets that stand beside the source tree on some machines.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace lamina::test {

/// The path of NAME in the folder that the environment variable LAMINA_SHARED names, by default ../shared; ""
/// where it is not there, and the test is to be skipped.
inline std::string shared_file(const std::string& name) {
  const char* folder = std::getenv("LAMINA_SHARED");
  const std::string path = (folder ? folder : LAMINA_SOURCE_DIR "/../shared") + ("/" + name);
  std::error_code ignored;
  return std::filesystem::exists(path, ignored) ? path : "";
}

/// The same of data/NAME.
inline std::string shared_data(const std::string& name) { return shared_file("data/" + name); }

}  // namespace lamina::test
