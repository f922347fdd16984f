// Bounded reads, gzip, and atomic replacement of files over POSIX calls.
#include "lamina/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <system_error>

#include "lamina/base/error.h"

namespace lamina {
namespace {

std::string errno_text(int error) { return std::generic_category().message(error); }

std::string bytes_text(uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

// Closes a descriptor at the end of a scope.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

[[noreturn]] void cannot_read(const std::string& path, int error) {
  throw FileError("cannot read '" + path + "': " + errno_text(error));
}

}  // namespace

std::string read_file(const std::string& path, uint64_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) cannot_read(path, errno);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) cannot_read(path, errno);
  if (S_ISDIR(status.st_mode))
    throw FileError("cannot read '" + path + "': it is a folder; a file was expected");

  const auto check = [&](uint64_t size) {
    if (size > limit) {
      throw FileError("cannot read '" + path + "': it holds " + bytes_text(size) +
                      " or more; the limit here is " + bytes_text(limit));
    }
  };
  // The size that the system states is a hint: files of /proc and pipes state 0.
  const uint64_t stated = S_ISREG(status.st_mode) ? static_cast<uint64_t>(status.st_size) : 0;
  check(stated);
  std::string content;
  uint64_t length = 0;
  content.resize(stated + 1);
  for (;;) {
    if (length == content.size()) content.resize(std::max<size_t>(2 * content.size(), size_t{1} << 16));
    const ssize_t count =
        ::read(file.fd, content.data() + length, std::min<size_t>(content.size() - length, 1 << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot_read(path, errno);
    if (count == 0) break;
    length += static_cast<uint64_t>(count);
    check(length);
  }
  content.resize(length);
  return content;
}

bool is_gzip(std::string_view bytes) { return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b'; }

std::string gunzip(std::string_view bytes, uint64_t limit, const std::string& name) {
  z_stream stream{};
  constexpr int kGzipOnly = 16;
  if (inflateInit2(&stream, MAX_WBITS + kGzipOnly) != Z_OK) throw InternalError("zlib cannot start");
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};

  // The stream ends with the size of its last member, modulo 2^32: a hint, which deflate's best ratio bounds.
  std::string out;
  if (bytes.size() >= 18) {
    uint64_t stated = 0;
    for (size_t i = 0; i < 4; ++i) {
      stated |= uint64_t{static_cast<unsigned char>(bytes[bytes.size() - 4 + i])} << (8 * i);
    }
    constexpr uint64_t kBestRatio = 1032;
    if (stated < limit && stated <= kBestRatio * bytes.size()) out.resize(stated + 1);
  }
  uint64_t length = 0;
  size_t given = 0;
  // One byte beyond the limit tells "just fits" from "too long".
  const uint64_t most = std::min<uint64_t>(limit, out.max_size() - 1) + 1;
  for (;;) {
    if (length == out.size()) {
      if (length > limit) {
        throw FileError("'" + name + "' inflates beyond the limit of " + bytes_text(limit) + ": refused");
      }
      out.resize(std::min(std::max<uint64_t>(2 * out.size(), 1 << 16), most));
    }
    const size_t in = std::min<size_t>(bytes.size() - given, 1 << 30);
    const size_t room = std::min<size_t>(out.size() - length, 1 << 30);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + given));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + length);
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    const size_t consumed = in - stream.avail_in;
    const size_t produced = room - stream.avail_out;
    given += consumed;
    length += produced;
    if (status == Z_STREAM_END) {
      if (given == bytes.size()) break;
      if (!is_gzip(bytes.substr(given))) {
        throw FileError("'" + name + "' has " + bytes_text(bytes.size() - given) +
                        " of other data after the gzip stream");
      }
      inflateReset(&stream);
    } else if (status == Z_BUF_ERROR || (status == Z_OK && consumed == 0 && produced == 0)) {
      if (given == bytes.size()) throw FileError("'" + name + "' is truncated: its gzip stream ends early");
    } else if (status != Z_OK) {
      throw FileError("'" + name + "' is damaged: " + (stream.msg ? stream.msg : "not a gzip stream") +
                      " at byte " + std::to_string(given));
    }
  }
  if (length > limit)
    throw FileError("'" + name + "' inflates beyond the limit of " + bytes_text(limit) + ": refused");
  out.resize(length);
  return out;
}

std::string read_file_or_gzip(const std::string& path, uint64_t limit) {
  std::string bytes = read_file(path, limit);
  return is_gzip(bytes) ? gunzip(bytes, limit, path) : bytes;
}

void write_file(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

namespace {

// Where a write to `path` goes: past symbolic links, also those that lead to no file yet.
std::string link_target(const std::string& path) {
  constexpr int kMostLinks = 40;  // as Linux
  std::filesystem::path at = path;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(at, error); ++links) {
    std::filesystem::path next = std::filesystem::read_symlink(at, error);
    if (links == kMostLinks) error = std::make_error_code(std::errc::too_many_symbolic_link_levels);
    if (error) throw FileError("cannot write '" + path + "': " + error.message());
    at = next.is_absolute() ? std::move(next) : at.parent_path() / next;
  }
  return at.string();
}

// Temporaries are named ".NAME.PID-COUNT.tmp"; their writer holds a lock on them, so that a free lock means a
// dead writer whatever became of its process id.
std::string temporary_prefix(const std::string& file_name) {
  constexpr size_t kRoomForSuffix = 64;
  return "." + file_name.substr(0, NAME_MAX - kRoomForSuffix) + ".";
}

void remove_abandoned(const std::string& folder, const std::string& prefix) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(".tmp")) continue;
    const std::string_view middle =
        std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - 4);
    if (middle.empty() || middle.find_first_not_of("0123456789-") != std::string_view::npos) continue;
    const Descriptor file{::open(entry->path().c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (file.fd >= 0 && ::flock(file.fd, LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
  }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  if (path.empty()) throw FileError("cannot write: the path is empty");
  struct stat old {};
  const bool replaces = ::stat(path.c_str(), &old) == 0;
  if (replaces) {
    if (S_ISDIR(old.st_mode))
      throw FileError("cannot write '" + path + "': it is a folder; a file was expected");
    if (!S_ISREG(old.st_mode)) throw FileError("cannot write '" + path + "': it is not a regular file");
  }
  target_ = link_target(path);
  const std::filesystem::path parts(target_);
  if (!parts.has_filename())
    throw FileError("cannot write '" + path + "': it names a folder; a file was expected");
  folder_ = parts.has_parent_path() ? parts.parent_path().string() : ".";

  remove_abandoned(folder_, temporary_prefix(parts.filename().string()));
  create_temporary();
  if (replaces) (void)!::fchmod(descriptor_, old.st_mode & 07777);
}

void AtomicFile::create_temporary() {
  static std::atomic<unsigned> counter{0};
  const std::string prefix = temporary_prefix(std::filesystem::path(target_).filename().string());
  for (;;) {
    temporary_ =
        folder_ + "/" + prefix + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".tmp";
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
      if (errno == EEXIST) continue;
      const int error = errno;
      temporary_.clear();
      errno = error;
      fail("cannot write");
    }
    struct stat status {};
    const bool locked =
        ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno == EOPNOTSUPP || errno == ENOLCK;
    if (locked && ::fstat(descriptor_, &status) == 0 && status.st_nlink > 0) return;
    // Another writer took it for abandoned between open and lock.
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* action) const {
  throw FileError(std::string(action) + " '" + path_ + "': " + errno_text(errno));
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), std::min<size_t>(bytes.size(), 1 << 30));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot write");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot flush");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot replace");
  temporary_.clear();
  ::close(descriptor_);
  descriptor_ = -1;
  // Not all file systems can flush a folder; the rename itself has succeeded.
  const Descriptor folder{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd >= 0) (void)::fsync(folder.fd);
}

}  // namespace lamina
