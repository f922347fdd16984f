// 64-bit checksums: words are mixed in one after the other, each step a bijection, so that no single change
// goes unnoticed.
#include "lamina/formats/detail/hdf5_checksum.h"

#include <cstdint>

namespace lamina::detail {
namespace {

class Hash {
 public:
  void add(std::string_view bytes) {
    mix(bytes.size());
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) mix(word(bytes, 8));
    if (!bytes.empty()) mix(word(bytes, bytes.size()));
  }
  std::string str() const {
    std::string digits;
    for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(hash_ >> shift) & 15];
    return digits;
  }

 private:
  // Little-endian, on every machine; a plain load where `count` is known.
  static uint64_t word(std::string_view bytes, size_t count) {
    uint64_t word = 0;
    for (size_t i = 0; i < count; ++i) word |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return word;
  }
  void mix(uint64_t word) {
    hash_ = (hash_ ^ word) * 0xD6E8FEB86659FD93;
    hash_ ^= hash_ >> 32;
  }

  uint64_t hash_ = 0x9E3779B97F4A7C15;
};

}  // namespace

std::string hdf5_array_checksum(const std::string& path, const TensorType& type, std::string_view bytes) {
  Hash hash;
  hash.add(path);
  hash.add(type.str());
  hash.add(bytes);
  return hash.str();
}

std::string hdf5_attributes_checksum(
    const std::map<std::string, std::map<std::string, Hdf5Text>>& attributes) {
  Hash hash;
  for (const auto& [path, named] : attributes) {
    for (const auto& [name, text] : named) {
      if (name == kHdf5Checksum) continue;
      hash.add(path);
      hash.add(name);
      for (const std::string& one : text.texts) hash.add(one);
    }
  }
  return hash.str();
}

}  // namespace lamina::detail
