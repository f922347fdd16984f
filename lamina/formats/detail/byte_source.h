// ByteSource: bytes of a file or of memory, fetched when they are asked for. Internal header.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lamina/base/detail/byte_cursor.h"

namespace lamina::detail {

/// Bytes of a file, which are read when somebody asks for them: what is looked at, into memory that this
/// keeps, and no byte of it twice; what is copied, straight to its place. A file that shrinks meanwhile is an
/// error, as mapped memory could not have it. Or bytes of memory. Copies share one state.
class ByteSource final : public FetchedBytes {
 public:
  /// Bytes that outlive it.
  explicit ByteSource(std::string_view bytes);
  /// Bytes that it keeps.
  static ByteSource holding(std::string bytes);
  /// All of a file. Throws FileError when it cannot be opened.
  static ByteSource of_file(const std::string& path);

  uint64_t size() const override;
  /// `count` bytes at `at`, both within its size; they stay where they are while it or a copy of it lives.
  /// Throws FileError when they cannot be read.
  std::string_view view(uint64_t at, uint64_t count) const override;
  /// The same, copied.
  void copy(uint64_t at, void* to, uint64_t count) const;
  /// `size` bytes at `begin`, both within its size, as a source of their own. What this has looked at is
  /// looked at again there.
  ByteSource part(uint64_t begin, uint64_t size) const;
  /// From now on, what is copied counts for checksum().
  void keep_checksums() const;
  /// CRC-32 of all bytes, of each as it was given; what nobody has asked for is read now.
  uint32_t checksum() const;

 private:
  struct State;
  explicit ByteSource(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace lamina::detail
