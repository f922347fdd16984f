// Any bytes as an HDF5 file: a tree of arrays or a FileError.
#include "lamina/base/error.h"
#include "lamina/formats/detail/hdf5.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const bool checksums : {true, false}) {
    try {
      lamina::detail::read_hdf5({reinterpret_cast<const char*>(data), size}, "input", checksums);
    } catch (const lamina::FileError&) {
    }
  }
  return 0;
}
