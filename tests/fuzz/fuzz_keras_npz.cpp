// Any bytes as a pickled dict of arrays.
#include "lamina/base/error.h"
#include "lamina/formats/keras/npz_weights.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    lamina::detail::read_array_pickle({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
