// Any bytes as model.json of TensorFlow.js, whose weights are the bytes themselves: a model, or a FileError.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "lamina/base/error.h"
#include "lamina/formats/tfjs/tfjs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string folder = [] {
    const auto path =
        std::filesystem::temp_directory_path() / ("lamina-fuzz-tfjs-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path);
    return path.string();
  }();
  for (const char* const name : {"/model.json", "/group1-shard1of1.bin"}) {
    FILE* const file = std::fopen((folder + name).c_str(), "wb");
    if (!file) return 0;
    std::fwrite(data, 1, size, file);
    std::fclose(file);
  }
  try {
    lamina::load_tfjs(folder + "/model.json");
  } catch (const lamina::FileError&) {
  }
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return 0;
}
