// Atomic replacement of files over POSIX calls: written beside, flushed, renamed, the folder flushed.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "lamina/base/detail/errno_text.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"

namespace lamina {

using detail::errno_text;

void write_file(const std::string& path, std::string_view content, const WriteOptions& options) {
  AtomicFile file(path, options);
  file.write(content);
  file.commit();
}

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

namespace {

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
    const int file = ::open(entry->path().c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) continue;
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
    ::close(file);
  }
}

std::string user_text(uid_t user) { return user == 0 ? "user 0 (root)" : "user " + std::to_string(user); }

// The superuser may write everything: for him, too, a file without any write bit is not to be changed.
void require_writable(const std::string& path, mode_t mode, uid_t owner) {
  const bool allowed = ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
  if (allowed && (mode & 0222) != 0) return;
  if (!allowed && errno != EACCES && errno != EPERM) return;  // what it is will show
  char bits[8];
  std::snprintf(bits, sizeof bits, "%04o", mode & 07777);
  if ((mode & 0222) != 0 && owner != ::geteuid()) {
    throw FileError("cannot replace '" + path + "': it belongs to " + user_text(owner) + ", and its mode " +
                    bits + " does not let you write it; choose another name");
  }
  throw FileError("cannot replace '" + path + "': it is read-only (mode " + bits +
                  "); make it writable, or choose another name");
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, const WriteOptions& options) : path_(path) {
  if (path.empty()) throw FileError("cannot write: the path is empty");
  if (path.find('\0') != std::string::npos) {
    throw FileError("cannot write '" + path.substr(0, path.find('\0')) +
                    "...': the path holds a NUL character");
  }
  struct stat old {};
  const bool replaces = ::stat(path.c_str(), &old) == 0;
  if (!replaces && errno != ENOENT) fail("cannot write");
  if (replaces) {
    if (S_ISDIR(old.st_mode))
      throw FileError("cannot write '" + path + "': it is a folder; a file was expected");
    if (!S_ISREG(old.st_mode)) throw FileError("cannot write '" + path + "': it is not a regular file");
    if (!options.replace_protected) require_writable(path, old.st_mode, old.st_uid);
  }
  target_ = link_target(path);
  const std::filesystem::path parts(target_);
  if (!parts.has_filename())
    throw FileError("cannot write '" + path + "': it names a folder; a file was expected");
  folder_ = parts.has_parent_path() ? parts.parent_path().string() : ".";

  remove_abandoned(folder_, temporary_prefix(parts.filename().string()));
  create_temporary();
  if (!replaces) return;
  try {
    keep_owner(old.st_uid, old.st_gid, options);
  } catch (...) {
    discard();  // the destructor does not run
    throw;
  }
  (void)!::fchmod(descriptor_, old.st_mode & 07777);  // after the owner, which resets some of its bits
}

// Only root may give files away. To replace one of somebody else's would make it ours.
void AtomicFile::keep_owner(unsigned user, unsigned group, const WriteOptions& options) {
  struct stat fresh {};
  if (::fstat(descriptor_, &fresh) != 0) fail("cannot write");
  if (fresh.st_uid == user && fresh.st_gid == group) return;
  if (::fchown(descriptor_, user, group) == 0) return;
  const int error = errno;
  if (!options.replace_protected) {
    const bool owner = fresh.st_uid != user;
    throw FileError("cannot replace '" + path_ + "': it belongs to " +
                    (owner ? user_text(user) : "group " + std::to_string(group)) +
                    ", and would not any more (" + errno_text(error) +
                    "); remove it first, or choose another name");
  }
  (void)!::fchown(descriptor_, static_cast<uid_t>(-1), group);
}

void AtomicFile::discard() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
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

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::fail(const char* action) const {
  throw FileError(std::string(action) + " '" + path_ + "': " + errno_text(errno));
}

void AtomicFile::reserve(uint64_t bytes) {
  if (bytes == 0) return;
#ifdef __linux__
  if (::fallocate(descriptor_, 0, 0, static_cast<off_t>(bytes)) == 0) return;
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
    throw FileError("cannot write '" + path_ + "', which takes " + std::to_string(bytes) + " bytes" + ": " +
                    errno_text(errno));
  }
#endif
  // The file system cannot reserve: what it says of its free space must do.
  struct statvfs disk {};
  if (::fstatvfs(descriptor_, &disk) != 0 || disk.f_frsize == 0) return;
  if (disk.f_bavail < bytes / disk.f_frsize) {
    throw FileError("cannot write '" + path_ + "', which takes " + std::to_string(bytes) + " bytes" +
                    ": the disk has " + std::to_string(uint64_t{disk.f_bavail} * disk.f_frsize) + " bytes" +
                    " left");
  }
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
  const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  (void)::fsync(folder);
  ::close(folder);
}

}  // namespace lamina
