// JPEG (ISO/IEC 10918-1), by libjpeg-turbo.
#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"

namespace lamina::detail {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

// The colours of cyan, magenta, yellow and black, stored as Adobe does: 255 is no ink. As Pillow converts
// them.
std::vector<uint8_t> from_inks(const std::vector<uint8_t>& inks) {
  std::vector<uint8_t> pixels;
  pixels.reserve(inks.size() / 4 * 3);
  for (size_t i = 0; i + 3 < inks.size(); i += 4) {
    const int paper = inks[i + 3];
    for (size_t c = 0; c < 3; ++c) {
      const int product = (255 - inks[i + c]) * paper + 128;
      pixels.push_back(static_cast<uint8_t>(std::max(0, paper - (((product >> 8) + product) >> 8))));
    }
  }
  return pixels;
}

}  // namespace

Picture decode_jpeg(std::string_view bytes, const std::string& name) {
  const std::unique_ptr<void, Destroy> decoder(tjInitDecompress());
  if (!decoder) throw InternalError(std::string("libjpeg-turbo does not start: ") + tjGetErrorStr2(nullptr));
  const auto damaged = [&] {
    return FileError("'" + name + "' is a damaged JPEG file: " + tjGetErrorStr2(decoder.get()));
  };
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &colours) != 0) {
    throw damaged();
  }
  check_extents(height, width, "'" + name + "'");
  const bool inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  Picture picture{height, width, colours == TJCS_GRAY ? 1 : 3, {}};
  picture.pixels.resize(static_cast<size_t>(height) * static_cast<size_t>(width) *
                        static_cast<size_t>(inks ? 4 : picture.channels));
  const int format = inks ? TJPF_CMYK : picture.channels == 1 ? TJPF_GRAY : TJPF_RGB;
  const int status = tjDecompress2(decoder.get(), data, bytes.size(), picture.pixels.data(), width, 0, height,
                                   format, TJFLAG_LIMITSCANS);
  // Many a photograph has stray bytes between its parts, which decoders skip. All else leaves pixels in the
  // dark.
  const bool stray_bytes =
      tjGetErrorCode(decoder.get()) == TJERR_WARNING &&
      std::string_view(tjGetErrorStr2(decoder.get())).find("extraneous bytes") != std::string_view::npos;
  if (status != 0 && !stray_bytes) throw damaged();
  if (inks) picture.pixels = from_inks(picture.pixels);
  return picture;
}

}  // namespace lamina::detail
