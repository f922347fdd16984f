// An HDF5 image as bytes that nobody vouches for, and what reading them may cost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/formats/detail/byte_source.h"

namespace lamina::detail {

/// How the format marks "no address".
inline constexpr uint64_t kHdf5NoAddress = ~uint64_t{0};

/// The bytes of a file, and three limits that make reading linear in their number: no structure is read
/// twice, the structures together have no more bytes than the file, and the arrays no more than an archive of
/// that size may inflate to (ZipLimits). A `label` opens the message of a FileError: the file and the path in
/// it.
class Hdf5File {
 public:
  Hdf5File(ByteSource bytes, const std::string& name, bool checksums)
      : bytes_(std::move(bytes)),
        name_(name),
        checksums_(checksums),
        metadata_left_(bytes_.size()),
        memory_left_(memory_limit(bytes_.size())) {}

  const std::string& name() const { return name_; }
  uint64_t size() const { return bytes_.size(); }
  std::string label(const std::string& path) const { return path.empty() ? name_ : name_ + ": " + path; }

  [[noreturn]] static void fail(const std::string& label, const std::string& reason);

  /// Reads forward from `address`, for what shows its size while it is read.
  ByteCursor at(uint64_t address, const std::string& label) const {
    ByteCursor cursor(bytes_, label);
    cursor.skip(address);
    return cursor;
  }
  /// `size` bytes that belong to one structure or to one stretch of elements. Throws FileError when such
  /// stretches claim more than the file has.
  std::string_view block(uint64_t address, uint64_t size, const std::string& label);
  /// The same for bytes that copy() gives.
  void claim(uint64_t address, uint64_t size, const std::string& label);
  /// Copies elements, which nobody looks at again, of a stretch that is claimed.
  void copy(uint64_t address, uint64_t size, void* to) const { bytes_.copy(address, to, size); }
  /// block() for a structure of the newer layout, which starts with `signature` and ends in its checksum:
  /// what lies between. Throws FileError when either is wrong.
  std::string_view checked_block(uint64_t address, uint64_t size, std::string_view signature,
                                 const std::string& label);
  /// Whether bytes have that checksum, or need not have it.
  bool has_checksum(std::string_view bytes, uint32_t stated) const;
  /// Throws FileError when `address` comes a second time: that is a link or a circle.
  void once(uint64_t address, const char* what, const std::string& label);
  /// Throws FileError when the elements of the file's arrays take more memory than the limit.
  void take_memory(uint64_t bytes, const std::string& label);

 private:
  static uint64_t memory_limit(uint64_t size);

  ByteSource bytes_;
  const std::string& name_;
  bool checksums_;
  std::unordered_set<uint64_t> seen_;
  uint64_t metadata_left_;
  uint64_t memory_left_;
};

/// The checksum of the format's metadata (Jenkins's lookup3).
uint32_t hdf5_checksum(std::string_view bytes);

}  // namespace lamina::detail
