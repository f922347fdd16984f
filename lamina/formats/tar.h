// Tar archives: POSIX ustar and pax, and GNU's long names, also gzip-compressed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace lamina {

/// The regular files of a tar archive, all in memory. Links, devices and folders are passed over. Used by any
/// number of threads.
class TarReader {
 public:
  /// Most bytes of an archive, after inflating.
  static constexpr uint64_t kMostBytes = uint64_t{8} << 30;

  /// Reads the file at `path`, plain or gzip-compressed. Throws FileError when it cannot be read, is no tar
  /// archive, is damaged or truncated, holds sparse files or names that lead out of it ("../x"), or more than
  /// kMostBytes bytes.
  explicit TarReader(const std::string& path);
  /// The same of the bytes of an archive that is not compressed; `name` opens the messages of FileError.
  TarReader(std::string bytes, const std::string& name);
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The files by their paths, with '/' between folders, without "./" in front, sorted; of a path that comes
  /// twice the last. The bytes live as long as this.
  const std::map<std::string, std::string_view>& files() const { return files_; }

 private:
  void index(const std::string& name);

  std::string bytes_;
  std::map<std::string, std::string_view> files_;
};

}  // namespace lamina
