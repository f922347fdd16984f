// Files: bounded reads, gzip, and writes that leave the old file or the new one, never half of one.
#include "lamina/base/files.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

size_t files_in(const std::string& folder) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.is_regular_file();
  return count;
}

TEST(Files, ReadsWhatItWrote) {
  TemporaryFolder folder;
  const std::string path = folder / "a.bin";
  const std::string content("zero\0byte\xff", 10);
  write_file(path, content);
  EXPECT_EQ(read_file(path), content);
  write_file(path, "");
  EXPECT_EQ(read_file(path), "");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Files, ReadsFilesOfUnstatedSize) { EXPECT_FALSE(read_file("/proc/self/status").empty()); }

TEST(Files, ReadingStatesPathAndReason) {
  TemporaryFolder folder;
  const std::string missing = folder / "missing.npy";
  const std::string message = message_of<FileError>([&] { read_file(missing); });
  EXPECT_NE(message.find(missing), std::string::npos) << message;
  EXPECT_NE(message.find("No such file"), std::string::npos) << message;
  EXPECT_NE(message_of<FileError>([&] { read_file(folder.path()); }).find("folder"), std::string::npos);
}

TEST(Files, ReadingIsBounded) {
  TemporaryFolder folder;
  write_file(folder / "a", std::string(100, 'x'));
  EXPECT_EQ(read_file(folder / "a", 100).size(), 100u);
  const std::string message = message_of<FileError>([&] { read_file(folder / "a", 99); });
  EXPECT_NE(message.find("limit here is 99 bytes"), std::string::npos) << message;
}

TEST(Gzip, InflatesOneOrMoreMembers) {
  const std::string long_text(300000, 'a');
  EXPECT_EQ(gunzip(gzip(long_text), 300000, "x"), long_text);
  EXPECT_EQ(gunzip(gzip("one ") + gzip("two"), 100, "x"), "one two");
  EXPECT_EQ(gunzip(gzip(""), 0, "x"), "");
  EXPECT_EQ(gunzip(gzip("one ") + gzip("two"), UINT64_MAX, "x"), "one two");
}

TEST(Gzip, RefusesWhatIsDamaged) {
  const std::string good = gzip(std::string(1000, 'a') + "tail");
  EXPECT_NE(
      message_of<FileError>([&] { gunzip(good.substr(0, good.size() - 5), 5000, "n"); }).find("truncated"),
      std::string::npos);
  std::string flipped = good;
  flipped[flipped.size() - 6] ^= 1;  // in the checksum
  EXPECT_NE(message_of<FileError>([&] { gunzip(flipped, 5000, "n"); }).find("damaged"), std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { gunzip(good + "more", 5000, "n"); }).find("after the gzip"),
            std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { gunzip("no gzip", 5000, "n"); }).find("damaged"), std::string::npos);
}

TEST(Gzip, StopsAtTheLimit) {
  const std::string bomb = gzip(std::string(10 << 20, '\0'));
  ASSERT_LT(bomb.size(), 20000u);
  const std::string message = message_of<FileError>([&] { gunzip(bomb, 1 << 20, "bomb.gz"); });
  EXPECT_NE(message.find("beyond the limit of 1048576 bytes"), std::string::npos) << message;
  EXPECT_NE(message.find("bomb.gz"), std::string::npos) << message;
}

TEST(AtomicFile, LeavesTheOldFileUntilCommitted) {
  TemporaryFolder folder;
  const std::string path = folder / "model.keras";
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write("new, but never finished");
    EXPECT_EQ(read_file(path), "old");
    EXPECT_EQ(files_in(folder.path()), 2u);
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(AtomicFile, KeepsLinksAndModes) {
  TemporaryFolder folder;
  write_file(folder / "real", "old");
  ASSERT_EQ(::chmod((folder / "real").c_str(), 0640), 0);
  std::filesystem::create_symlink("real", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "real"), "new");
  struct stat status {};
  ASSERT_EQ(::stat((folder / "real").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST(AtomicFile, FollowsALinkToAFileThatIsYetToBe) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "models");
  std::filesystem::create_symlink("models/first", folder / "latest");
  write_file(folder / "latest", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "latest"));
  EXPECT_EQ(read_file(folder / "models/first"), "new");
  EXPECT_EQ(files_in(folder / "models"), 1u);
}

TEST(AtomicFile, RefusesLinksInACircle) {
  TemporaryFolder folder;
  std::filesystem::create_symlink("b", folder / "a");
  std::filesystem::create_symlink("a", folder / "b");
  const std::string message = message_of<FileError>([&] { write_file(folder / "a", "x"); });
  EXPECT_NE(message.find("symbolic links"), std::string::npos) << message;
}

TEST(AtomicFile, TwoWritersDoNotMeet) {
  TemporaryFolder folder;
  AtomicFile first(folder / "f");
  AtomicFile second(folder / "f");
  first.write("first");
  second.write("second");
  first.commit();
  EXPECT_EQ(read_file(folder / "f"), "first");
  second.commit();
  EXPECT_EQ(read_file(folder / "f"), "second");
}

TEST(AtomicFile, RefusesFoldersDevicesAndMissingFolders) {
  TemporaryFolder folder;
  EXPECT_NE(message_of<FileError>([&] { write_file(folder.path(), "x"); }).find("folder"), std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { write_file("/dev/null", "x"); }).find("not a regular"),
            std::string::npos);
  const std::string message = message_of<FileError>([&] { write_file(folder / "no/such/file", "x"); });
  EXPECT_NE(message.find("No such file"), std::string::npos) << message;
  EXPECT_NE(message.find("no/such/file"), std::string::npos) << message;
}

TEST(AtomicFile, ReportsAnUnwritableFolder) {
  // /proc refuses new files even to root.
  const std::string message = message_of<FileError>([] { write_file("/proc/lamina.keras", "x"); });
  EXPECT_NE(message.find("cannot write '/proc/lamina.keras'"), std::string::npos) << message;
}

TEST(AtomicFile, AFullDiskLeavesTheOldFile) {
  TemporaryFolder folder;
  const std::string path = folder / "model.keras";
  write_file(path, "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = message_of<FileError>([&] { write_file(path, std::string(100000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_NE(message.find(path), std::string::npos) << message;
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

// What a child process does until it is killed; an exception must not lead it into the other tests.
[[noreturn]] void write_for_ever(const std::string& path, size_t size) {
  try {
    for (char letter = 'a';; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
      write_file(path, std::string(size, letter));
    }
  } catch (...) {
    ::_exit(1);
  }
}

TEST(AtomicFile, SurvivesKillAtAnyMoment) {
  TemporaryFolder folder;
  const std::string path = folder / "state";
  // Each version is one repeated letter: a mixture or a short file would show.
  constexpr size_t kSize = 200000;
  write_file(path, std::string(kSize, 'a'));
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(path, kSize);
    ::usleep(static_cast<useconds_t>(2000 + 1700 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    const std::string content = read_file(path);
    ASSERT_EQ(content.size(), kSize);
    ASSERT_EQ(content, std::string(kSize, content[0]));
  }
  write_file(path, "last");
  EXPECT_EQ(files_in(folder.path()), 1u) << "temporaries of killed writers remain";
}

}  // namespace
}  // namespace lamina
