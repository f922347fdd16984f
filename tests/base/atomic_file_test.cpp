// Replacing files: what of the old one is kept, which are not replaced, and what is on disk at which moment.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::TemporaryFolder;

struct stat status_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status;
}

TEST(AtomicFile, ReadOnlyFilesStay) {
  TemporaryFolder folder;
  for (const mode_t mode : {0444, 0400, 0555, 0000, 0111}) {
    const std::string path = folder / std::to_string(mode);
    write_file(path, "old");
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const std::string message = message_of<FileError>([&] { write_file(path, "new"); });
    EXPECT_NE(message.find("read-only"), std::string::npos) << message;
    EXPECT_EQ(status_of(path).st_size, 3);
    write_file(path, "newer", {.replace_protected = true});
    EXPECT_EQ(status_of(path).st_size, 5);
    EXPECT_EQ(status_of(path).st_mode & 07777, mode);
  }
  fs::create_symlink(std::to_string(0444), folder / "link");
  message_of<FileError>([&] { write_file(folder / "link", "x"); });
}

TEST(AtomicFile, KeepsOwnerGroupAndMode) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make files of other users";
  TemporaryFolder folder;
  for (const mode_t mode : {0644, 0600, 0666, 04755, 02770}) {
    const std::string path = folder / std::to_string(mode);
    write_file(path, "old");
    ASSERT_EQ(::chown(path.c_str(), 12345, 23456), 0);
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    write_file(path, "new");
    const struct stat status = status_of(path);
    EXPECT_EQ(status.st_uid, 12345u);
    EXPECT_EQ(status.st_gid, 23456u);
    EXPECT_EQ(status.st_mode & 07777, mode);
    EXPECT_EQ(read_file(path), "new");
  }
}

// What `action` says in a process of user 12345.
std::string as_other_user(const std::function<void()>& action) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string said = "done";
    if (::setgid(12345) != 0 || ::setuid(12345) != 0) said = "cannot become another user";
    try {
      action();
    } catch (const std::exception& error) {
      said = error.what();
    }
    (void)!::write(ends[1], said.data(), said.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string all;
  char text[256];
  for (ssize_t count; (count = ::read(ends[0], text, sizeof text)) > 0;)
    all.append(text, static_cast<size_t>(count));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return all;
}

TEST(AtomicFile, FilesOfOthersStay) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  TemporaryFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  write_file(folder / "private", "old");
  write_file(folder / "shared", "old");
  ASSERT_EQ(::chmod((folder / "shared").c_str(), 0666), 0);
  const std::string refused = as_other_user([&] { write_file(folder / "private", "new"); });
  EXPECT_NE(refused.find("belongs to user 0 (root)"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("read-only"), std::string::npos) << refused;
  const std::string said = as_other_user([&] { write_file(folder / "shared", "new"); });
  EXPECT_NE(said.find("belongs to user 0"), std::string::npos) << said;
  EXPECT_EQ(read_file(folder / "shared"), "old");
  EXPECT_EQ(status_of(folder / "shared").st_uid, 0u);
  EXPECT_EQ(as_other_user([&] { write_file(folder / "shared", "new", {.replace_protected = true}); }),
            "done");
  EXPECT_EQ(read_file(folder / "shared"), "new");
  for (const auto& entry : fs::directory_iterator(folder.path()))
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
}

TEST(AtomicFile, RefusesNamesThatCannotBeBeforeTheFirstByte) {
  TemporaryFolder folder;
  write_file(folder / "file", "x");
  const auto refusal = [&](const std::string& name) {
    return message_of<FileError>([&] { AtomicFile file(folder / name); });
  };
  EXPECT_NE(refusal(std::string(256, 'n')).find("too long"), std::string::npos);
  EXPECT_NE(refusal("file/below").find("Not a directory"), std::string::npos);
  EXPECT_NE(refusal(std::string("cut\0off", 7)).find("NUL"), std::string::npos);
  fs::create_symlink(std::string(300, 'n'), folder / "link");
  EXPECT_NE(refusal("link").find("too long"), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 2);
  EXPECT_NO_THROW(write_file(folder / std::string(255, 'n'), "x"));
}

TEST(AtomicFile, ReservesRoom) {
  TemporaryFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message;
  {
    AtomicFile file(folder / "f");
    EXPECT_NO_THROW(file.reserve(0));
    EXPECT_NO_THROW(file.reserve(4096));
    message = message_of<FileError>([&] { file.reserve(4097); });
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find("takes 4097 bytes"), std::string::npos) << message;
  AtomicFile huge(folder / "f");
  message_of<FileError>([&] { huge.reserve(uint64_t{1} << 60); });
  EXPECT_FALSE(fs::exists(folder / "f"));
}

// The order of calls, as power may go between any two of them.
std::string* calls = nullptr;

}  // namespace
}  // namespace lamina

// These take the place of the C library's, for the whole program.
extern "C" int fsync(int descriptor) {
  if (lamina::calls) {
    struct stat status {};
    ::fstat(descriptor, &status);
    *lamina::calls +=
        S_ISDIR(status.st_mode) ? "flush folder;" : "flush " + std::to_string(status.st_size) + ";";
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

extern "C" int rename(const char* from, const char* to) noexcept {
  if (lamina::calls) *lamina::calls += "rename;";
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

namespace lamina {
namespace {

TEST(AtomicFile, FlushesTheFileBeforeTheRenameAndTheFolderAfterIt) {
  TemporaryFolder folder;
  std::string order;
  calls = &order;
  write_file(folder / "f", "1234");
  calls = nullptr;
  EXPECT_EQ(order, "flush 4;rename;flush folder;");
}

// Only what is called like our own temporaries goes; what others left beside the file is theirs.
TEST(AtomicFile, FilesThatOthersCallTemporaryStay) {
  TemporaryFolder folder;
  const std::vector<std::string> foreign{"history.csv.tmp", ".history.csv.tmp", ".history.csv.mine.tmp",
                                         "history.csv~"};
  for (const std::string& name : foreign) write_file(folder / name, "mine");
  for (int i = 0; i < 2; ++i) write_file(folder / "history.csv", "epoch,loss\n");
  for (const std::string& name : foreign) EXPECT_EQ(read_file(folder / name), "mine") << name;
}

}  // namespace
}  // namespace lamina
