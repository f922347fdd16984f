// Zip archives byte by byte, which may lie about what they hold.
#pragma once

#include <cstdint>
#include <string>

namespace lamina::test {

/// An archive of one member, of raw deflate data, that claims to inflate to `claimed` bytes with that CRC-32.
inline std::string forged_zip(const std::string& member, const std::string& packed, uint64_t checksum,
                              uint64_t claimed) {
  // Appends `value` in `count` bytes, least significant first.
  const auto put = [](std::string& out, uint64_t value, int count) {
    for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i));
  };
  std::string common;
  put(common, 20, 2);  // version needed
  put(common, 0, 2);   // flags
  put(common, 8, 2);   // deflate
  put(common, 0x00210000, 4);
  put(common, checksum, 4);
  put(common, packed.size(), 4);
  put(common, claimed, 4);
  put(common, member.size(), 2);
  put(common, 0, 2);  // extra field
  std::string archive = "PK\x03\x04" + common + member + packed;
  const size_t directory = archive.size();
  archive += "PK\x01\x02";
  put(archive, 20, 2);
  archive += common + std::string(14, '\0') + member;  // no comment, on disk 0, at offset 0
  const size_t end = archive.size();
  archive += "PK\x05\x06";
  put(archive, 0, 4);
  put(archive, 1, 2);
  put(archive, 1, 2);
  put(archive, end - directory, 4);
  put(archive, directory, 4);
  put(archive, 0, 2);
  return archive;
}

}  // namespace lamina::test
