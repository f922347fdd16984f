// Locks: one at a time, in one process and in several, and none after a crash.
#include "lamina/base/file_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::TemporaryFolder;

// A process that holds a lock until it is killed; it is ready when this has been made.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    int ready[2];
    if (::pipe(ready) != 0) ADD_FAILURE() << "no pipe";
    process_ = ::fork();
    if (process_ == 0) {
      try {
        const FileLock lock(path);
        (void)!::write(ready[1], "1", 1);
        for (;;) ::pause();
      } catch (...) {
        ::_exit(1);
      }
    }
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
  }
  ~Holder() { crash(); }
  void crash() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  pid_t process() const { return process_; }

 private:
  pid_t process_ = 0;
};

TEST(FileLock, IsHeldOnce) {
  TemporaryFolder folder;
  const std::string path = folder / "m.keras";
  std::optional<FileLock> first(path);
  const std::string message = message_of<FileError>([&] { FileLock second(path); });
  EXPECT_NE(message.find(path), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(::getpid())), std::string::npos) << message;
  const FileLock other(folder / "n.keras"), of_folder(folder.path());
  first.reset();
  EXPECT_NO_THROW(FileLock{path});
  EXPECT_FALSE(fs::exists(path));
  EXPECT_FALSE(fs::exists(folder / ".m.keras.lock"));
}

TEST(FileLock, IsHeldByAnotherProcessUntilItCrashes) {
  TemporaryFolder folder;
  const std::string path = folder / "m.keras";
  for (int round = 0; round < 3; ++round) {
    Holder holder(path);
    const std::string message = message_of<FileError>([&] { FileLock lock(path); });
    EXPECT_NE(message.find("process " + std::to_string(holder.process())), std::string::npos) << message;
    holder.crash();
    EXPECT_TRUE(fs::exists(folder / ".m.keras.lock"));  // means nothing any more
    EXPECT_NO_THROW(FileLock{path});
  }
}

TEST(FileLock, IsOfTheFileAndNotOfItsName) {
  TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  write_file(folder / "real", "x");
  fs::create_symlink("real", folder / "link");
  fs::create_symlink("../real", folder / "sub/link");
  fs::create_symlink("yet to be", folder / "dangling");
  fs::create_directory_symlink("sub", folder / "sub link");
  const FileLock lock(folder / "real"), second(folder / "dangling"), third(folder / "sub link");
  for (const char* name : {"link", "sub/link", "sub/../real", "./real", "yet to be", "sub"})
    message_of<FileError>([&] { FileLock again(folder / name); });
}

TEST(FileLock, OfNamesThatFillAFolderEntry) {
  TemporaryFolder folder;
  const std::string most(255, 'm');
  const FileLock lock(folder / most), other(folder / (most.substr(1) + "n"));
  message_of<FileError>([&] { FileLock again(folder / most); });
}

TEST(FileLock, AChildDoesNotEndIt) {
  TemporaryFolder folder;
  std::optional<FileLock> lock(folder / "m");
  const pid_t child = ::fork();
  if (child == 0) {
    lock.reset();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  message_of<FileError>([&] { FileLock again(folder / "m"); });
}

TEST(FileLock, WhatItsFileHoldsIsNotTrusted) {
  TemporaryFolder folder;
  write_file(folder / ".m.lock", std::string(100000, 'x') + "\x1b[31m");
  EXPECT_NO_THROW(FileLock{folder / "m"});
  fs::create_symlink("elsewhere", folder / ".m.lock");
  message_of<FileError>([&] { FileLock lock(folder / "m"); });
  EXPECT_FALSE(fs::exists(folder / "elsewhere"));
  message_of<FileError>([&] { FileLock lock(folder / "no/such/folder"); });
}

}  // namespace
}  // namespace lamina
