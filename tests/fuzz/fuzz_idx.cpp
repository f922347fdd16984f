// Any bytes as an IDX file, and as a gzip stream around one: an array or a FileError.
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr uint64_t kLimit = 16 << 20;
  try {
    lamina::parse_idx(lamina::is_gzip(bytes) ? lamina::gunzip(bytes, kLimit, "input") : std::string(bytes),
                      "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
