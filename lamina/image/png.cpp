// PNG (ISO/IEC 15948) as small as it can be: one IDAT chunk, no filters, zlib's own compression. And base64
// (RFC 4648).
#include <zlib.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/image/picture.h"

namespace lamina {
namespace {

void append_u32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xFF));
}

void append_chunk(std::string& out, const char* type, const std::string& data) {
  append_u32(out, static_cast<uint32_t>(data.size()));
  std::string body = type + data;
  out += body;
  append_u32(out, static_cast<uint32_t>(
                      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

}  // namespace

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
  std::string scanlines;
  scanlines.reserve((row + 1) * static_cast<size_t>(picture.height));
  for (size_t y = 0; y < static_cast<size_t>(picture.height); ++y) {
    scanlines.push_back(0);  // filter type: none
    scanlines.append(reinterpret_cast<const char*>(picture.pixels.data()) + y * row, row);
  }
  uLongf size = compressBound(static_cast<uLong>(scanlines.size()));
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                reinterpret_cast<const Bytef*>(scanlines.data()), static_cast<uLong>(scanlines.size()),
                Z_BEST_COMPRESSION) != Z_OK) {
    throw InternalError("encode_png: zlib refused to compress");
  }
  packed.resize(size);

  std::string header;
  append_u32(header, static_cast<uint32_t>(picture.width));
  append_u32(header, static_cast<uint32_t>(picture.height));
  header += '\x08';                                   // bits per sample
  header += picture.channels == 3 ? '\x02' : '\x00';  // colour type
  header.append(3, '\0');                             // compression, filter, no interlace
  std::string out = "\x89PNG\r\n\x1a\n";
  append_chunk(out, "IHDR", header);
  append_chunk(out, "IDAT", packed);
  append_chunk(out, "IEND", "");
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    size_t present = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < present ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j) out.push_back(j <= present ? kDigits[group >> (18 - 6 * j) & 63] : '=');
  }
  return out;
}

}  // namespace lamina
