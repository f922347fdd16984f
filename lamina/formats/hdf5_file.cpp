// Bounds and checksums of HDF5 images.
#include "lamina/formats/detail/hdf5_file.h"

#include <algorithm>
#include <bit>

#include "lamina/base/error.h"
#include "lamina/formats/detail/zip_archive.h"

namespace lamina::detail {

uint64_t Hdf5File::memory_limit(uint64_t size) {
  const ZipLimits like;
  return std::min(like.absolute, std::max(like.free, like.ratio * size));
}

void Hdf5File::fail(const std::string& label, const std::string& reason) {
  throw FileError("'" + label + "': " + reason);
}

void Hdf5File::claim(uint64_t address, uint64_t size, const std::string& label) {
  at(address, label).skip(size);
  if (size > metadata_left_) {
    fail(label, "its parts overlap: together they claim more than the limit of " +
                    std::to_string(bytes_.size()) + " bytes, the file's size");
  }
  metadata_left_ -= size;
}

std::string_view Hdf5File::block(uint64_t address, uint64_t size, const std::string& label) {
  claim(address, size, label);
  return bytes_.view(address, size);
}

std::string_view Hdf5File::checked_block(uint64_t address, uint64_t size, std::string_view signature,
                                         const std::string& label) {
  constexpr uint64_t kChecksum = 4;
  if (size < signature.size() + kChecksum) fail(label, "a part of it is too small, or damaged");
  const std::string_view part = block(address, size, label);
  if (!part.starts_with(signature))
    fail(label, "a part of it is damaged: no " + std::string(signature) + " where one should be");
  const std::string_view checked = part.substr(0, part.size() - kChecksum);
  if (!has_checksum(checked, ByteCursor(part.substr(checked.size()), label).u32()))
    fail(label, "a part of it is damaged: its checksum differs");
  return checked.substr(signature.size());
}

bool Hdf5File::has_checksum(std::string_view bytes, uint32_t stated) const {
  return !checksums_ || hdf5_checksum(bytes) == stated;
}

void Hdf5File::once(uint64_t address, const char* what, const std::string& label) {
  if (!seen_.insert(address).second) fail(label, std::string(what) + " has two paths; links are not allowed");
}

void Hdf5File::take_memory(uint64_t bytes, const std::string& label) {
  if (bytes > memory_left_) {
    fail(label, "its arrays claim to inflate beyond the limit of " +
                    std::to_string(memory_limit(bytes_.size())) + " bytes for a file of " +
                    std::to_string(bytes_.size()));
  }
  memory_left_ -= bytes;
}

// Bob Jenkins's hash "lookup3", little-endian, started at 0: http://burtleburtle.net/bob/c/lookup3.c (public
// domain).
uint32_t hdf5_checksum(std::string_view bytes) {
  uint32_t a = 0xdeadbeef + static_cast<uint32_t>(bytes.size()), b = a, c = a;
  const auto word = [&bytes](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4 && at + i < bytes.size(); ++i)
      value |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    return value;
  };
  size_t at = 0;
  for (; bytes.size() - at > 12; at += 12) {
    a += word(at);
    b += word(at + 4);
    c += word(at + 8);
    const auto mix = [](uint32_t& x, uint32_t& y, int bits, uint32_t add) {
      x = (x - y) ^ std::rotl(y, bits);
      y += add;
    };
    mix(a, c, 4, b);
    mix(b, a, 6, c);
    mix(c, b, 8, a);
    mix(a, c, 16, b);
    mix(b, a, 19, c);
    mix(c, b, 4, a);
  }
  if (at == bytes.size()) return c;
  a += word(at);
  b += word(at + 4);
  c += word(at + 8);
  const auto stir = [](uint32_t& x, uint32_t y, int bits) { x = (x ^ y) - std::rotl(y, bits); };
  stir(c, b, 14);
  stir(a, c, 11);
  stir(b, a, 25);
  stir(c, b, 16);
  stir(a, c, 4);
  stir(b, a, 14);
  stir(c, b, 24);
  return c;
}

}  // namespace lamina::detail
