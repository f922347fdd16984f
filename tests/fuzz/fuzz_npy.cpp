// Any bytes as a .npy file: an array or a FileError; what is read can be written and read again.
#include <cstdlib>

#include "lamina/base/error.h"
#include "lamina/formats/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const lamina::Tensor tensor = lamina::parse_npy(bytes, "input");
    const std::string again = lamina::npy_bytes(tensor);
    if (lamina::npy_bytes(lamina::parse_npy(again, "again")) != again) std::abort();
  } catch (const lamina::FileError&) {
  }
  return 0;
}
