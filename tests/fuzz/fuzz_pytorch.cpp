// Any bytes as a file of PyTorch, a zip archive or the older format: tensors or a FileError.
#include "lamina/base/error.h"
#include "lamina/formats/pytorch.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  with_fuzzed_file(data, size, ".pt", [&](const std::string& path) {
    try {
      for (const lamina::SnapshotEntry& entry : lamina::read_pytorch(path).entries) entry.read();
    } catch (const lamina::FileError&) {
    }
  });
  return 0;
}
