// PNG files taken apart into chunks: length, name, content, checksum.
#include "lamina/image/detail/png_stream.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>

#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

constexpr size_t kSignature = 8;
constexpr std::string_view kEnd("\0\0\0\0IEND\xae\x42\x60\x82", 12);

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}

bool is_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

}  // namespace

PngStream::PngStream(std::string_view file, const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw FileError("'" + name + "' is a damaged PNG file: " + what);
  };
  size_t at = kSignature;
  const auto next_is_pixels = [&] { return at + 8 <= file.size() && file.substr(at + 4, 4) == "IDAT"; };
  while (!next_is_pixels()) {
    if (file.size() - at < 12) fail("it ends too early");
    const std::string_view kind = file.substr(at + 4, 4);
    if (!is_name(kind)) fail("something that is no chunk stands before its pixels");
    const size_t size = number_at(file, at);
    if (size > file.size() - at - 12) fail("it ends too early");
    const auto* checked = reinterpret_cast<const Bytef*>(file.data() + at + 4);
    if (crc32_z(0, checked, size + 4) != number_at(file, at + 8 + size))
      fail("the checksum of its chunk " + std::string(kind) + " is wrong");
    if (kind == "IEND") fail("it has no pixels");
    at += 12 + size;
  }
  parts_.push_back(file.substr(0, at));
  while (next_is_pixels()) {
    const size_t size = number_at(file, at), there = file.size() - at - 8;
    pixels_.push_back(file.substr(at + 8, size));
    if (there >= size + 4) {
      parts_.push_back(file.substr(at, size + 12));
      at += size + 12;
      continue;
    }
    const auto left = static_cast<uint32_t>(pixels_.back().size());
    for (const int shift : {24, 16, 8, 0}) cut_ += static_cast<char>(left >> shift & 255);
    cut_.append("IDAT").append(pixels_.back()).append(4, '\0');
    parts_.emplace_back(cut_);
    at = file.size();
  }
  parts_.push_back(kEnd);
}

bool PngStream::take(void* to, size_t count) {
  auto* bytes = static_cast<char*>(to);
  while (count > 0) {
    if (part_ == parts_.size()) return false;
    std::string_view& part = parts_[part_];
    const size_t now = std::min(count, part.size());
    std::memcpy(bytes, part.data(), now);
    part.remove_prefix(now);
    bytes += now;
    count -= now;
    if (part.empty()) ++part_;
  }
  return true;
}

PngStream::Inflated PngStream::inflated(size_t wanted) const {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) throw InternalError("zlib does not start");
  Inflated result;
  std::vector<Bytef> scratch(1 << 16);
  int status = Z_OK;
  for (const std::string_view pixels : pixels_) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(pixels.data()));
    stream.avail_in = static_cast<uInt>(pixels.size());
    do {
      stream.next_out = scratch.data();
      stream.avail_out = static_cast<uInt>(scratch.size());
      status = inflate(&stream, Z_NO_FLUSH);
      result.bytes += scratch.size() - stream.avail_out;
    } while (status == Z_OK && stream.avail_out == 0 && result.bytes <= wanted);
    if (status != Z_OK && status != Z_BUF_ERROR) break;
    if (result.bytes > wanted) break;
  }
  result.ended = status == Z_STREAM_END;
  inflateEnd(&stream);
  return result;
}

}  // namespace lamina::detail
