// Reading files in pieces.
#include "lamina/formats/detail/open_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lamina/base/detail/errno_text.h"
#include "lamina/base/error.h"

namespace lamina::detail {

OpenFile::OpenFile(std::string path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const std::string reason = errno_text(errno);
    if (descriptor_ >= 0) ::close(descriptor_);
    throw FileError("cannot open '" + path_ + "': " + reason);
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw FileError("'" + path_ + "' is not a file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

OpenFile::~OpenFile() {
  if (mapped_) ::munmap(mapped_, static_cast<size_t>(size_));
  ::close(descriptor_);
}

void OpenFile::read(uint64_t at, void* to, size_t bytes) const {
  auto* out = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, out, std::min<size_t>(bytes, 1 << 30), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw FileError("cannot read '" + path_ + "': " + errno_text(errno));
    if (got == 0) throw FileError("'" + path_ + "' became shorter while it was read");
    out += got, at += static_cast<uint64_t>(got), bytes -= static_cast<size_t>(got);
  }
}

const char* OpenFile::map() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || static_cast<uint64_t>(status.st_size) != size_)
    throw FileError("'" + path_ + "' has changed since it was opened: it had " + std::to_string(size_) +
                    " bytes, and has " + std::to_string(status.st_size));
  const std::lock_guard lock(mapping_);
  if (!mapped_) {
    void* const mapped = ::mmap(nullptr, static_cast<size_t>(size_), PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (mapped == MAP_FAILED) throw FileError("cannot map '" + path_ + "': " + errno_text(errno));
    mapped_ = mapped;
  }
  return static_cast<const char*>(mapped_);
}

}  // namespace lamina::detail
