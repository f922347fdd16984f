// Any bytes as a .npz file: arrays or a FileError.
#include "lamina/base/error.h"
#include "lamina/formats/npz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    lamina::parse_npz({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
