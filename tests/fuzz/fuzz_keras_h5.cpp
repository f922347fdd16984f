// Any bytes as a whole model in HDF5: a FileError, or a model. Checksums are not looked at, so that more is
// read; where the bytes are JSON, they are the configuration of such a file.
#include "lamina/base/error.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/keras/legacy_config.h"
#include "lamina/formats/keras/model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    if (bytes.starts_with('{')) {
      const lamina::Json config = lamina::Json::parse(bytes, "input");
      lamina::detail::KerasArchive archive;
      for (const char* version : {"1.2.2", "2.2.4", ""}) {
        try {
          archive.config = lamina::detail::keras3_config(config, nullptr, {version, ""});
          lamina::detail::model_of(archive, "input");
        } catch (const lamina::FileError&) {
        } catch (const lamina::InvalidArgument&) {
        } catch (const lamina::Unsupported&) {
        }
      }
      return 0;
    }
    lamina::detail::legacy_model_of(lamina::detail::ByteSource(bytes), "input");
  } catch (const lamina::FileError&) {
  }
  return 0;
}
