// OpenFile: one file, read in pieces at any place, or mapped. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

namespace lamina::detail {

/// A file that stays open. Threads may share it.
class OpenFile {
 public:
  /// Throws FileError when it cannot be opened or is no file.
  explicit OpenFile(std::string path);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  const std::string& path() const { return path_; }
  /// When it was opened.
  uint64_t size() const { return size_; }
  /// Reads so many bytes from the place `at`. Throws FileError, also where the file has become shorter.
  void read(uint64_t at, void* to, size_t bytes) const;
  /// All of the file, mapped read-only at the first call, for as long as this lives. Throws FileError where
  /// that cannot be done, and where the file has another size now: bytes beyond its end must not be looked
  /// at.
  const char* map() const;

 private:
  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  mutable std::mutex mapping_;
  mutable void* mapped_ = nullptr;
};

}  // namespace lamina::detail
