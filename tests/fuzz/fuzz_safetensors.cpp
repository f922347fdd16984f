// Any bytes as a .safetensors file: tensors or a FileError.
#include "lamina/base/error.h"
#include "lamina/formats/safetensors.h"
#include "tests/fuzz/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  with_fuzzed_file(data, size, ".safetensors", [&](const std::string& path) {
    try {
      const lamina::SafetensorsReader reader(path);
      for (const std::string& name : reader.names()) reader.read(name);
    } catch (const lamina::FileError&) {
    }
  });
  return 0;
}
