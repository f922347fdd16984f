// Locks by flock(), which the system takes back from whoever dies.
#include "lamina/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <filesystem>
#include <functional>
#include <system_error>

#include "lamina/base/detail/errno_text.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"

namespace lamina {

using detail::errno_text;

namespace {

std::string lock_file_of(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return path + "/.lock";
  const std::filesystem::path target = link_target(path);
  std::string name = target.filename().string();
  constexpr size_t kAround = 6;  // of "." and ".lock"
  if (name.size() + kAround > NAME_MAX) {
    const std::string number = std::to_string(std::hash<std::string>()(name));
    name = name.substr(0, NAME_MAX - kAround - number.size()) + number;
  }
  return (target.parent_path() / ("." + name + ".lock")).string();
}

// The process id that the holder wrote into its lock file; "" when there is none.
std::string holder(int descriptor) {
  char text[24];
  const ssize_t count = ::pread(descriptor, text, sizeof text, 0);
  const std::string number(text, count > 0 ? static_cast<size_t>(count) : 0);
  const bool is_number = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? " (process " + number + ")" : "";
}

}  // namespace

FileLock::FileLock(const std::string& path)
    : path_(path), lock_(lock_file_of(path)), process_(static_cast<int>(::getpid())) {
  // The lock file may be removed by its holder between our opening and locking it: then it is made anew.
  constexpr int kTries = 1000;
  for (int i = 0; i < kTries; ++i) {
    if (try_to_lock()) return;
  }
  throw FileError("cannot lock '" + path_ + "': others come and go without end");
}

bool FileLock::try_to_lock() {
  constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  descriptor_ = ::open(lock_.c_str(), O_RDWR | O_CREAT | kFlags, 0666);
  if (descriptor_ < 0 && errno == EACCES) descriptor_ = ::open(lock_.c_str(), O_RDONLY | kFlags);
  if (descriptor_ < 0) {
    throw FileError("cannot lock '" + path_ + "' through '" + lock_ + "': " + errno_text(errno));
  }
  const auto close = [&] {
    ::close(descriptor_);
    descriptor_ = -1;
  };
  int locked = 0;
  do {
    locked = ::flock(descriptor_, LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0 && errno == EWOULDBLOCK) {
    const std::string who = holder(descriptor_);
    close();
    throw FileError("'" + path_ + "' is being written by another process" + who +
                    ": wait until it has ended, or choose another name");
  }
  if (locked != 0) {
    warn("'" + path_ + "' cannot be locked (" + errno_text(errno) +
         "): see to it that no other process writes it");
    return true;
  }
  struct stat ours {
  }, now{};
  if (::fstat(descriptor_, &ours) != 0 || ::stat(lock_.c_str(), &now) != 0 || ours.st_ino != now.st_ino ||
      ours.st_dev != now.st_dev) {
    close();
    return false;
  }
  const std::string number = std::to_string(process_);
  (void)!::ftruncate(descriptor_, 0);
  (void)!::pwrite(descriptor_, number.data(), number.size(), 0);
  return true;
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  if (::getpid() == process_) ::unlink(lock_.c_str());  // before the lock is free
  ::close(descriptor_);
}

}  // namespace lamina
