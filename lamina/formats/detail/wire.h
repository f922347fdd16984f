// Protocol buffers as bytes that nobody vouches for: fields one after the other, no generated code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lamina/base/detail/byte_cursor.h"

namespace lamina::detail {

/// A number in groups of seven bits, as in protocol buffers and tables of LevelDB.
inline uint64_t read_varint(ByteCursor& cursor, const std::string& name) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint64_t byte = cursor.u8();
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw FileError("'" + name + "' is damaged: a number has more than 64 bits");
}

/// Calls `field(number, value, bytes)` for each field of a message: `value` of the kinds that are numbers,
/// `bytes` of those that have a length. Throws FileError, calling the file `name`.
template <class F>
void read_message(std::string_view message, const std::string& name, F&& field) {
  ByteCursor cursor(message, name);
  while (cursor.left() > 0) {
    const uint64_t tag = read_varint(cursor, name);
    uint64_t value = 0;
    std::string_view bytes;
    switch (tag & 7) {
      case 0:
        value = read_varint(cursor, name);
        break;
      case 1:
        value = cursor.u64();
        break;
      case 2:
        bytes = cursor.take(read_varint(cursor, name));
        break;
      case 5:
        value = cursor.u32();
        break;
      default:
        throw FileError("'" + name + "' is damaged: a field of an unknown kind");
    }
    field(tag >> 3, value, bytes);
  }
}

}  // namespace lamina::detail
