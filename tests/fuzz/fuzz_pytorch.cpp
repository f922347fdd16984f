// Any bytes as a file of PyTorch, a zip archive or the older format: tensors or a FileError.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "lamina/base/error.h"
#include "lamina/formats/pytorch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("lamina-fuzz-" + std::to_string(::getpid()) + ".pt"))
          .string();
  FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file) return 0;
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  try {
    for (const lamina::SnapshotEntry& entry : lamina::read_pytorch(path).entries) entry.read();
  } catch (const lamina::FileError&) {
  }
  ::unlink(path.c_str());
  return 0;
}
