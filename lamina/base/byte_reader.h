// ByteReader: a file from front to back in pieces, inflated on the way if need be.
// For authors of formats: lamina.h leaves it out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace lamina {

/// Reads a file, plain or gzip-compressed (told by its first bytes), with memory that does not depend on its
/// size. Pipes will do.
class ByteReader {
 public:
  /// @param limit  most bytes to give, after inflating.
  /// Throws FileError, naming the path and the reason, when the file cannot be opened.
  explicit ByteReader(const std::string& path, uint64_t limit);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Puts up to `size` bytes at `to` and returns how many: 0 at the end alone. Throws FileError for a gzip
  /// stream that is damaged, truncated or followed by other bytes, and for more bytes than the limit.
  size_t read(char* to, size_t size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina
