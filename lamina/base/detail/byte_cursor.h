// A position in bytes that nobody vouches for: every read is checked against the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lamina/base/error.h"

namespace lamina::detail {

/// Bytes that are fetched before somebody looks at them.
class FetchedBytes {
 public:
  virtual ~FetchedBytes() = default;
  virtual uint64_t size() const = 0;
  /// `count` bytes at `at`, both within the size; they stay where they are.
  virtual std::string_view view(uint64_t at, uint64_t count) const = 0;
};

/// Reads little-endian numbers and stretches of bytes, forward. Running past the end throws FileError.
class ByteCursor {
 public:
  /// @param name  opens error messages: the file, and the part of it that is being read.
  ByteCursor(std::string_view bytes, const std::string& name)
      : bytes_(bytes), size_(bytes.size()), name_(&name) {}
  /// What it takes is fetched from `source`, which outlives it.
  ByteCursor(const FetchedBytes& source, const std::string& name)
      : source_(&source), size_(static_cast<size_t>(source.size())), name_(&name) {}

  size_t left() const { return size_ - at_; }

  /// The next `count` bytes.
  std::string_view take(uint64_t count) {
    const size_t from = at_;
    skip(count);
    return source_ ? source_->view(from, count) : bytes_.substr(from, static_cast<size_t>(count));
  }
  void skip(uint64_t count) {
    if (count > left()) {
      throw FileError("'" + *name_ + "' is damaged or truncated: " + std::to_string(count) +
                      " bytes were expected where " + std::to_string(left()) + " are left");
    }
    at_ += static_cast<size_t>(count);
  }

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
  const FetchedBytes* source_ = nullptr;
  size_t size_;
  const std::string* name_;
  size_t at_ = 0;
};

}  // namespace lamina::detail
