// Any bytes as a .gguf file: tensors or a FileError.
#include "lamina/base/error.h"
#include "lamina/formats/gguf.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  with_fuzzed_file(data, size, ".gguf", [&](const std::string& path) {
    try {
      for (const lamina::SnapshotEntry& entry : lamina::read_gguf(path).entries) entry.read();
    } catch (const lamina::FileError&) {
    }
  });
  return 0;
}
