// FileLock: keeps two processes from writing the same file or folder. For authors of formats: lamina.h leaves
// it out.
#pragma once

#include <string>

namespace lamina {

/// While it lives, no other FileLock for the same file or folder can be made, here or in another process. The
/// lock ends with the object or with its process, however that ends; a child of fork() does not end it. It
/// binds only those who ask for it: plain reads and writes go on.
///
/// The lock is held on the file ".NAME.lock" beside the file, or ".lock" in the folder, which is removed at
/// the end; one that a killed process left means nothing.
class FileLock {
 public:
  /// @param path  a file, which need not exist yet, or a folder. Symbolic links are followed.
  /// Throws FileError, naming the process that has it where that is known, when the lock is taken, and when
  /// the lock file cannot be made. A file system without locks is told in a warning and not locked.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  bool try_to_lock();

  std::string path_;  // as the caller gave it, for messages
  std::string lock_;
  int descriptor_ = -1;
  int process_ = 0;
};

}  // namespace lamina
