// ByteReader over read(2) and zlib's inflate.
#include "lamina/base/byte_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/files.h"

namespace lamina {

struct ByteReader::State {
  std::string path;
  uint64_t limit = 0, given = 0;
  int descriptor = -1;
  std::vector<char> raw = std::vector<char>(size_t{1} << 18);  // bytes of the file that wait
  size_t at = 0, end = 0;
  bool file_ended = false;
  bool compressed = false, between_members = false;
  z_stream stream{};
  bool inflating = false;

  ~State() {
    if (inflating) inflateEnd(&stream);
    if (descriptor >= 0) ::close(descriptor);
  }

  [[noreturn]] void cannot_read(const std::string& reason) const {
    throw FileError("cannot read '" + path + "': " + reason);
  }
  [[noreturn]] void cannot_read(int error) const { cannot_read(std::generic_category().message(error)); }

  void open() {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) cannot_read(errno);
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) cannot_read(errno);
    if (S_ISDIR(status.st_mode)) cannot_read("it is a folder; a file was expected");
    while (end < 2 && refill()) {
    }
    compressed = is_gzip({raw.data(), end});
    if (!compressed) return;
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream, MAX_WBITS + kGzipOnly) != Z_OK) throw InternalError("zlib cannot start");
    inflating = true;
  }

  // Appends bytes of the file to those that wait; false at its end.
  bool refill() {
    if (at == end) at = end = 0;
    while (!file_ended) {
      const ssize_t count = ::read(descriptor, raw.data() + end, raw.size() - end);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) cannot_read(errno);
      file_ended = count == 0;
      end += static_cast<size_t>(count);
      return count > 0;
    }
    return false;
  }

  size_t read_plain(char* to, size_t size) {
    if (at == end && !refill()) return 0;
    const size_t count = std::min(size, end - at);
    std::copy_n(raw.data() + at, count, to);
    at += count;
    return count;
  }

  // Whether another member follows the one that ended.
  bool next_member() {
    while (end - at < 2 && !file_ended) {
      std::copy(raw.data() + at, raw.data() + end, raw.data());
      end -= at;
      at = 0;
      refill();
    }
    if (at == end) return false;
    if (!is_gzip({raw.data() + at, end - at}))
      throw FileError("'" + path + "' has other data after the gzip stream");
    inflateReset(&stream);
    return true;
  }

  size_t read_compressed(char* to, size_t size) {
    for (;;) {
      if (between_members) {
        if (!next_member()) return 0;
        between_members = false;
      }
      if (at == end) refill();
      stream.next_in = reinterpret_cast<Bytef*>(raw.data() + at);
      stream.avail_in = static_cast<uInt>(end - at);
      stream.next_out = reinterpret_cast<Bytef*>(to);
      const auto room = static_cast<uInt>(std::min<size_t>(size, 1u << 30));
      stream.avail_out = room;
      const int status = inflate(&stream, Z_NO_FLUSH);
      at = end - stream.avail_in;
      const size_t produced = room - stream.avail_out;
      if (status == Z_STREAM_END) {
        between_members = true;
      } else if (status == Z_BUF_ERROR || (status == Z_OK && produced == 0)) {
        if (at == end && file_ended)
          throw FileError("'" + path + "' is truncated: its gzip stream ends early");
      } else if (status != Z_OK) {
        throw FileError("'" + path + "' is damaged: " + (stream.msg ? stream.msg : "not a gzip stream"));
      }
      if (produced > 0) return produced;
    }
  }
};

ByteReader::ByteReader(const std::string& path, uint64_t limit) : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->limit = limit;
  state_->open();
}

ByteReader::~ByteReader() = default;

size_t ByteReader::read(char* to, size_t size) {
  State& state = *state_;
  if (size == 0) throw InternalError("ByteReader: a read of no bytes");
  const size_t count = state.compressed ? state.read_compressed(to, size) : state.read_plain(to, size);
  state.given += count;
  if (state.given > state.limit) {
    throw FileError("'" + state.path + "' holds more than the limit of " + std::to_string(state.limit) +
                    " bytes: refused");
  }
  return count;
}

}  // namespace lamina
