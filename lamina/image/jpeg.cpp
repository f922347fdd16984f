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

Picture decode_jpeg(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
  // One for each thread: what it allocates would take a tenth of the time of a small photograph. After a
  // complaint there is a new one, for an old one keeps it.
  thread_local std::unique_ptr<void, Destroy> kept;
  std::unique_ptr<void, Destroy> decoder = std::move(kept);
  if (!decoder) decoder.reset(tjInitDecompress());
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
  const bool grey = colours == TJCS_GRAY || (options.grey && colours == TJCS_YCbCr);
  Picture picture{height, width, grey ? 1 : 3, {}};
  if (options.memory) picture.pixels.swap(*options.memory);
  picture.pixels.resize(static_cast<size_t>(height) * static_cast<size_t>(width) *
                        static_cast<size_t>(inks ? 4 : picture.channels));
  const int format = inks ? TJPF_CMYK : picture.channels == 1 ? TJPF_GRAY : TJPF_RGB;
  const int status = tjDecompress2(decoder.get(), data, bytes.size(), picture.pixels.data(), width, 0, height,
                                   format, TJFLAG_LIMITSCANS | (options.fast_dct ? TJFLAG_FASTDCT : 0));
  // Many a photograph has stray bytes between its parts, which decoders skip. All else leaves pixels in the
  // dark.
  const bool stray_bytes =
      tjGetErrorCode(decoder.get()) == TJERR_WARNING &&
      std::string_view(tjGetErrorStr2(decoder.get())).find("extraneous bytes") != std::string_view::npos;
  if (status != 0 && !stray_bytes) throw damaged();
  if (status == 0) kept = std::move(decoder);
  if (inks) picture.pixels = from_inks(picture.pixels);
  return picture;
}

// Segments follow each other, each with its length, up to the first scan; the notes are in one called APP1.
std::string_view jpeg_exif(std::string_view bytes) {
  constexpr std::string_view kNotes("Exif\0\0", 6);
  for (size_t at = 2; at + 4 <= bytes.size() && bytes[at] == '\xff';) {
    const auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (marker == 0xda) break;
    const size_t size =
        size_t{static_cast<uint8_t>(bytes[at + 2])} << 8 | static_cast<uint8_t>(bytes[at + 3]);
    const std::string_view segment = bytes.substr(at + 4, std::max<size_t>(size, 2) - 2);
    if (marker == 0xe1 && segment.starts_with(kNotes)) return segment.substr(kNotes.size());
    at += 2 + std::max<size_t>(size, 2);
  }
  return {};
}

bool is_jpeg(std::string_view head) { return head.starts_with("\xff\xd8\xff"); }

}  // namespace

const ImageFormat kJpeg = {"JPEG", is_jpeg, decode_jpeg, jpeg_exif};

}  // namespace lamina::detail
