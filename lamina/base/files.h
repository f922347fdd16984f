// Whole files in and out: reads that are bounded, writes that never leave half a file behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lamina {

/// What read_file accepts unless told otherwise: 16 GiB.
inline constexpr uint64_t kDefaultFileLimit = uint64_t{16} << 30;

/// The contents of the file at `path`.
/// @param limit  most bytes to accept.
/// Throws FileError, naming the path and the reason, when it cannot be read, is a pipe, which may never end,
/// or holds more than `limit` bytes.
std::string read_file(const std::string& path, uint64_t limit = kDefaultFileLimit);

/// Whether `bytes` starts as a gzip stream does.
bool is_gzip(std::string_view bytes);

/// Inflates a gzip stream of one or more members.
/// @param bytes  the compressed stream.
/// @param limit  most bytes that may come out: what stands between a small hostile file and all of memory.
/// @param name   what to call the stream in error messages, usually its path.
/// Throws FileError when the stream is damaged, truncated, followed by other bytes, or inflates beyond the
/// limit.
std::string gunzip(std::string_view bytes, uint64_t limit, const std::string& name);

/// Like read_file, and inflates what it read if that is a gzip stream. `limit` holds for both sizes.
std::string read_file_or_gzip(const std::string& path, uint64_t limit = kDefaultFileLimit);

/// What a write may replace.
struct WriteOptions {
  /// Whether also files that are read-only, and those whose owner or group cannot be kept.
  bool replace_protected = false;
};

/// Replaces the file at `path` by `content`, or creates it: at every moment, also after a crash, a loss of
/// power or a full disk, the path holds either all of the old file or all of the new one. A symbolic link is
/// followed; owner, group and mode of an old file are kept. Throws FileError, naming the path and the reason,
/// among them that the old file is protected (see WriteOptions); the old file is then untouched.
void write_file(const std::string& path, std::string_view content, const WriteOptions& options = {});

/// Where a write to `path` goes: past symbolic links, also those that lead to no file yet. Throws FileError
/// for links in a circle.
std::string link_target(const std::string& path);

/// The same in pieces: bytes go to a hidden temporary file in the same folder, which commit() flushes to disk
/// and renames. Temporaries that a killed process left there are removed by the next AtomicFile for the same
/// path.
class AtomicFile {
 public:
  /// Creates the temporary. Throws FileError when the folder is missing or not writable, the name is one that
  /// the file system cannot hold, or when at `path` is a protected file or something other than a file.
  explicit AtomicFile(const std::string& path, const WriteOptions& options = {});
  /// Removes the temporary unless commit() succeeded.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Takes room on the disk for so many bytes from the beginning. Throws FileError when there is less.
  void reserve(uint64_t bytes);
  /// Appends. Throws FileError (a full disk, a limit on file sizes).
  void write(std::string_view bytes);
  /// Flushes the bytes to disk, renames, flushes the folder. Throws FileError. Call it once, last.
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;
  void create_temporary();
  void discard();
  void keep_owner(unsigned user, unsigned group, const WriteOptions& options);

  std::string path_;    // as the caller gave it, for messages
  std::string target_;  // with symbolic links resolved
  std::string folder_;
  std::string temporary_;  // empty once committed
  int descriptor_ = -1;
};

}  // namespace lamina
