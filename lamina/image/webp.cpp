// WebP, by libwebp; of an animation the first picture.
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <memory>

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"

namespace lamina::detail {
namespace {

struct DeleteAnimation {
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

// Pixels of four bytes into colours and, where there is room for it, opacity.
void split(const uint8_t* all, Picture& picture) {
  for (size_t i = 0; i < picture.pixels.size() / 3; ++i) {
    std::copy_n(all + 4 * i, 3, &picture.pixels[3 * i]);
    if (!picture.alpha.empty()) picture.alpha[i] = all[4 * i + 3];
  }
}

Picture decode_webp(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const auto damaged = [&](const std::string& why) {
    return FileError("'" + name + "' is a damaged WebP file: " + why);
  };
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(data, bytes.size(), &features);
  if (status != VP8_STATUS_OK) throw damaged("its header makes no sense (" + std::to_string(status) + ")");
  check_extents(features.height, features.width, "'" + name + "'");
  Picture picture{features.height, features.width, 3, {}, {}};
  const size_t count = static_cast<size_t>(features.height) * static_cast<size_t>(features.width);
  picture.pixels.resize(3 * count);
  const bool alpha = options.alpha && features.has_alpha;
  if (alpha) picture.alpha.resize(count);
  if (!features.has_animation && alpha) {
    std::vector<uint8_t> all(4 * count);
    if (!WebPDecodeRGBAInto(data, bytes.size(), all.data(), all.size(), 4 * features.width))
      throw damaged("its pixels cannot be decoded; is it whole?");
    split(all.data(), picture);
    return picture;
  }
  if (!features.has_animation) {
    if (!WebPDecodeRGBInto(data, bytes.size(), picture.pixels.data(), picture.pixels.size(),
                           3 * features.width))
      throw damaged("its pixels cannot be decoded; is it whole?");
    return picture;
  }
  const WebPData whole{data, bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, DeleteAnimation> decoder(WebPAnimDecoderNew(&whole, nullptr));
  uint8_t* canvas = nullptr;
  int time = 0;
  if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &canvas, &time))
    throw damaged("its first picture cannot be decoded; is it whole?");
  split(canvas, picture);
  return picture;
}

std::string_view webp_exif(std::string_view bytes) {
  const std::string name = "EXIF";
  std::string_view rest = bytes.substr(12);
  while (rest.size() >= 8) {
    ByteCursor chunk(rest.substr(4), name);
    const size_t size = chunk.u32();
    if (size > chunk.left()) break;
    if (rest.starts_with("EXIF")) {
      std::string_view tiff = chunk.take(size);
      if (tiff.starts_with(std::string_view("Exif\0\0", 6))) tiff.remove_prefix(6);
      return tiff;
    }
    rest.remove_prefix(std::min(rest.size(), 8 + size + size % 2));
  }
  return {};
}

bool is_webp(std::string_view head) {
  return head.size() >= 12 && head.starts_with("RIFF") && head.substr(8, 4) == "WEBP";
}

}  // namespace

const ImageFormat kWebp = {"WebP", is_webp, decode_webp, webp_exif};

}  // namespace lamina::detail
