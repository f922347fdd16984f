// Any bytes as an image file: a picture or a FileError, turned by its own notes; what is read can be written
// as PNG and read again.
#include <cstdlib>

#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/load_img.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const lamina::Picture picture =
        lamina::detail::decode_image({reinterpret_cast<const char*>(data), size}, "input", true,
                                     {.fast_dct = size % 2 == 0, .grey = size % 3 == 0});
    if (picture.pixels.size() > 1 << 16) return 0;
    if (lamina::decode_image(lamina::encode_png(picture), "again").pixels != picture.pixels) std::abort();
  } catch (const lamina::FileError&) {
  }
  return 0;
}
