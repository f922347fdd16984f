// A position in bytes that nobody vouches for: every read is checked against the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lamina/base/error.h"

namespace lamina::detail {

/// Reads little-endian numbers and stretches of bytes, forward. Running past the end throws FileError.
class ByteCursor {
 public:
  /// @param name  opens error messages: the file, and the part of it that is being read.
  ByteCursor(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(&name) {}

  size_t left() const { return bytes_.size() - at_; }

  /// The next `count` bytes.
  std::string_view take(uint64_t count) {
    if (count > left()) {
      throw FileError("'" + *name_ + "' is damaged or truncated: " + std::to_string(count) +
                      " bytes were expected where " + std::to_string(left()) + " are left");
    }
    const std::string_view part = bytes_.substr(at_, static_cast<size_t>(count));
    at_ += static_cast<size_t>(count);
    return part;
  }
  void skip(uint64_t count) { take(count); }

  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  /// A number of `size` bytes, 1 to 8.
  uint64_t number(int size) {
    const std::string_view part = take(static_cast<uint64_t>(size));
    uint64_t value = 0;
    for (int i = 0; i < size; ++i) {
      value |= uint64_t{static_cast<unsigned char>(part[static_cast<size_t>(i)])} << (8 * i);
    }
    return value;
  }

 private:
  std::string_view bytes_;
  const std::string* name_;
  size_t at_ = 0;
};

}  // namespace lamina::detail
