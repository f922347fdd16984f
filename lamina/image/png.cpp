// PNG (ISO/IEC 15948), by libpng.
#include <png.h>

#include <cstring>

#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"

namespace lamina {
namespace {

/// libpng's description of an image, which owns memory while a file is read.
struct Png : png_image {
  Png() : png_image{} { version = PNG_IMAGE_VERSION; }
  ~Png() { png_image_free(this); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;
  bool failed() const { return PNG_IMAGE_FAILED(*this); }
};

}  // namespace

Picture detail::decode_png(std::string_view bytes, const std::string& name) {
  Png png;
  const auto damaged = [&] { return FileError("'" + name + "' is a damaged PNG file: " + png.message); };
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size())) throw damaged();
  check_extents(png.height, png.width, "'" + name + "'");
  const bool colour = (png.format & PNG_FORMAT_FLAG_COLOR) != 0,
             alpha = (png.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  png.format =
      colour ? (alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB) : (alpha ? PNG_FORMAT_GA : PNG_FORMAT_GRAY);
  Picture picture{static_cast<int>(png.height), static_cast<int>(png.width), colour ? 3 : 1, {}};
  picture.pixels.resize(PNG_IMAGE_SIZE(png));
  if (!png_image_finish_read(&png, nullptr, picture.pixels.data(), 0, nullptr)) throw damaged();
  if (alpha) {
    const size_t channels = colour ? 3 : 1, count = picture.pixels.size() / (channels + 1);
    for (size_t i = 0; i < count; ++i)
      std::memmove(&picture.pixels[i * channels], &picture.pixels[i * (channels + 1)], channels);
    picture.pixels.resize(count * channels);
  }
  return picture;
}

std::string encode_png(const Picture& picture) {
  const size_t row = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.channels);
  const bool valid = picture.height > 0 && picture.width > 0 &&
                     (picture.channels == 1 || picture.channels == 3) &&
                     picture.pixels.size() == row * static_cast<size_t>(picture.height);
  if (!valid) {
    throw InvalidArgument("encode_png: expected height x width x 1 or 3 pixels; got extents (" +
                          std::to_string(picture.height) + ", " + std::to_string(picture.width) + ", " +
                          std::to_string(picture.channels) + ") with " +
                          std::to_string(picture.pixels.size()) + " bytes");
  }
  Png png;
  png.width = static_cast<png_uint_32>(picture.width);
  png.height = static_cast<png_uint_32>(picture.height);
  png.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string out(size, '\0');
  if (!png_image_write_to_memory(&png, out.data(), &size, 0, picture.pixels.data(), 0, nullptr)) {
    throw InternalError(std::string("encode_png: ") + png.message);
  }
  out.resize(size);
  return out;
}

}  // namespace lamina
