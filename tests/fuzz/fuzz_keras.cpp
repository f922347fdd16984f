// Any bytes as a .keras archive: a model or a FileError.
#include "lamina/base/error.h"
#include "lamina/formats/keras/model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lamina::detail;
  constexpr ZipLimits kLimits{.absolute = 64 << 20, .free = 16 << 20, .ratio = 200};
  try {
    model_of(parse_keras_archive({reinterpret_cast<const char*>(data), size}, "input", kLimits), "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
