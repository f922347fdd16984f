// Zip archives: reading from memory or files with limits, over libzip; writing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lamina/formats/detail/byte_source.h"
#include "lamina/formats/detail/pieces.h"

struct zip;

namespace lamina::detail {

/// How much an archive may inflate to: at most `absolute` bytes, and beyond `free` bytes at most `ratio`
/// times its own size. Weights hardly compress, so real archives stay far below.
struct ZipLimits {
  uint64_t absolute = uint64_t{16} << 30;
  uint64_t free = uint64_t{256} << 20;
  uint64_t ratio = 200;

  /// The bytes that an archive of `size` bytes may inflate to.
  uint64_t of(uint64_t size) const { return std::min(absolute, std::max(free, ratio * size)); }
};

/// Reads members of an archive, whose bytes outlive it where they are a view, however they are packed (deflate, bzip2, lzma; what
/// libzip was built with). Other bytes may stand before the archive.
class ZipReader {
 public:
  /// @param name  what to call the archive in error messages.
  /// Throws FileError when the bytes are no zip archive, when it is damaged, names a member twice, or claims
  /// to inflate beyond `limits`.
  ZipReader(ByteSource bytes, std::string name, const ZipLimits& limits = {});
  ZipReader(std::string_view bytes, std::string name, const ZipLimits& limits = {})
      : ZipReader(ByteSource(bytes), std::move(name), limits) {}
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  /// Names of the members, in the archive's order.
  const std::vector<std::string>& members() const { return members_; }
  bool has(const std::string& member) const;
  /// The bytes that the archive says the member inflates to; read() checks it. Throws FileError when it is
  /// missing.
  uint64_t size(const std::string& member) const { return sizes_[index_of(member)]; }
  /// The first bytes of the member, at most `count`, not checked against its checksum; fewer, down to none,
  /// where it is damaged or packed in a way that has to be unpacked whole (lzma). Throws FileError when it is
  /// missing.
  std::string start(const std::string& member, size_t count) const;
  /// The member's contents, checked against its checksum. Throws FileError when it is missing or damaged.
  std::string read(const std::string& member) const;
  /// The same without a copy, where the member is stored as it is: a part of the archive's bytes. Else `held`
  /// takes what read() gives, and must outlive the result.
  std::string_view view(const std::string& member, std::string& held) const;
  /// The member's contents, to be fetched piece by piece where it is not packed. Whoever has looked at what
  /// they need calls check(). Throws FileError as read() does, here or there.
  ByteSource open(const std::string& member) const;
  /// Throws FileError when what open() gave is not what the archive's checksum is of.
  void check(const std::string& member, const ByteSource& opened) const;

 private:
  // Where a member lies that is neither packed nor encrypted, and its checksum.
  struct Stored {
    uint64_t at, size;
    uint32_t crc;
  };
  std::optional<Stored> stored(size_t index) const;
  std::optional<std::string_view> intact(size_t index) const;
  [[noreturn]] void fail(const std::string& member, const std::string& reason) const;
  size_t index_of(const std::string& member) const;
  bool is_lzma(size_t index) const;

  std::string name_;
  ByteSource bytes_;  // from where the archive begins
  std::vector<std::string> members_;
  std::vector<uint64_t> sizes_;
  std::vector<uint64_t> entries_;  // where the directory tells of each; empty where it is not found
  std::unordered_map<std::string, size_t> index_;  // of members, by name
  zip* archive_ = nullptr;
};

/// Collects members and gives the archive. Members are stored, not compressed, as Keras and NumPy do; the same
/// members give the same bytes.
class ZipWriter {
 public:
  ZipWriter();
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// Goes through the content once, for its checksum. Throws InvalidArgument for a name that an archive cannot
  /// hold (empty, there already, with control characters, not UTF-8) and what reading a tensor in it throws.
  void add(const std::string& member, Pieces content);
  /// The archive. Call one of the two, once, last.
  Pieces take();
  std::string finish() { return take().str(); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::detail
