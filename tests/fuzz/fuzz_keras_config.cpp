// Any JSON as a model's configuration, with no weights beside it: a FileError, or a model that needs none.
#include "lamina/base/error.h"
#include "lamina/formats/keras/model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    lamina::detail::KerasArchive archive;
    archive.config = lamina::Json::parse({reinterpret_cast<const char*>(data), size}, "input");
    lamina::detail::model_of(archive, "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
