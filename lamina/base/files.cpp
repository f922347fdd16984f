// Bounded reads over POSIX calls, and gzip.
#include "lamina/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>

#include "lamina/base/detail/errno_text.h"
#include "lamina/base/detail/file_kind.h"
#include "lamina/base/detail/large_pages.h"
#include "lamina/base/error.h"

namespace lamina {

void detail::refuse_pipe(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
    throw FileError(
        "cannot read '" + path +
        "': it is a pipe, and only tables and texts are read from those: write it to a file first");
}

using detail::errno_text;

namespace {

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
  struct stat status {};
  detail::refuse_pipe(path);
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) cannot_read(path, errno);
  if (::fstat(file.fd, &status) != 0) cannot_read(path, errno);
  if (S_ISDIR(status.st_mode))
    throw FileError("cannot read '" + path + "': it is a folder; a file was expected");

  const auto check = [&](uint64_t size) {
    if (size > limit) {
      throw FileError("cannot read '" + path + "': it holds " + bytes_text(size) +
                      " or more; the limit here is " + bytes_text(limit));
    }
  };
  // The size that the system states is a hint: files of /proc state 0.
  const uint64_t stated = S_ISREG(status.st_mode) ? static_cast<uint64_t>(status.st_size) : 0;
  check(stated);
  std::string content;
  uint64_t length = 0;
  detail::reserve_large(content, stated + 1);
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

}  // namespace lamina
