// JPEG (ISO/IEC 10918-1), by libjpeg-turbo.
#include <turbojpeg.h>

#include <memory>

#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"

namespace lamina::detail {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};

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
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    throw FileError("'" + name + "' has the four colours of a printing press; convert it to RGB first");
  }
  Picture picture{height, width, colours == TJCS_GRAY ? 1 : 3, {}};
  picture.pixels.resize(static_cast<size_t>(height) * static_cast<size_t>(width) *
                        static_cast<size_t>(picture.channels));
  const int format = picture.channels == 1 ? TJPF_GRAY : TJPF_RGB;
  const int status = tjDecompress2(decoder.get(), data, bytes.size(), picture.pixels.data(), width, 0, height,
                                   format, TJFLAG_LIMITSCANS);
  // Many a photograph has stray bytes between its parts, which decoders skip. All else leaves pixels in the
  // dark.
  const bool stray_bytes =
      tjGetErrorCode(decoder.get()) == TJERR_WARNING &&
      std::string_view(tjGetErrorStr2(decoder.get())).find("extraneous bytes") != std::string_view::npos;
  if (status != 0 && !stray_bytes) throw damaged();
  return picture;
}

}  // namespace lamina::detail
