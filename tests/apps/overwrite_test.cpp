// What a training replaces, and what it asks about first: longer trainings, protected files, other processes.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::expect_refused;
using test::Outcome;
using test::Running;

class Overwrite : public test::Training {};

TEST_F(Overwrite, ALongerTrainingIsNotReplacedUnasked) {
  ASSERT_EQ(train("m.keras", 3).status, 0);
  const std::string model = read_file(file("m.keras")), state = read_file(file("m.checkpoint.keras")),
                    history = read_file(file("m.keras.run/history.csv"));
  // The same command; fewer epochs, more of them; another run folder.
  for (const int epochs : {3, 2, 1, 50})
    expect_refused(train("m.keras", epochs), {"m.keras", "3 epochs", "--resume"});
  expect_refused(train("m.keras", 3, {"--run-dir", "other"}), {"--overwrite"});
  EXPECT_TRUE(read_file(file("m.keras")) == model);
  EXPECT_TRUE(read_file(file("m.checkpoint.keras")) == state);
  EXPECT_EQ(read_file(file("m.keras.run/history.csv")), history);
  EXPECT_EQ(train("m.keras", 2, {"--overwrite"}).status, 0);
  EXPECT_EQ(epochs_of("m.keras"), 2);
}

TEST_F(Overwrite, AnInterruptedTrainingIsNotReplacedUnasked) {
  {
    Running running(folder_.path(), command("m.keras", 100000, {"--json"}));
    ASSERT_TRUE(running.wait_for("\"epoch\": 2"));
    running.send(SIGTERM);
    EXPECT_EQ(running.wait().status, 1);
  }
  const std::string state = read_file(file("m.checkpoint.keras"));
  expect_refused(train("m.keras", 100000), {"m.checkpoint.keras", "--resume"});
  EXPECT_TRUE(read_file(file("m.checkpoint.keras")) == state);
}

TEST_F(Overwrite, ATrainingThatWasKilledAfterItsFirstEpochIsNotReplacedUnasked) {
  ASSERT_EQ(train("m.keras", 1).status, 0);
  Checkpoint killed = load_checkpoint(file("m.checkpoint.keras"));
  killed.info["epochs"] = 100;
  save_checkpoint(killed.model, *killed.training, killed.info, file("m.checkpoint.keras"));
  expect_refused(train("m.keras", 100), {"one epoch", "not yet at its end"});
  expect_refused(train("m.keras", 1), {"one epoch", "not yet at its end"});
}

TEST_F(Overwrite, AHistoryOfAnotherTrainingIsNotReplacedUnasked) {
  ASSERT_EQ(train("m.keras", 3, {"--run-dir", "notes"}).status, 0);
  const std::string history = read_file(file("notes/history.csv"));
  expect_refused(train("n.keras", 2, {"--run-dir", "notes"}), {"notes/history.csv", "3 epochs"});
  EXPECT_EQ(read_file(file("notes/history.csv")), history);
  // Without its checkpoint a training begins anew, --resume or not.
  fs::remove(file("m.checkpoint.keras"));
  fs::remove(file("m.keras"));
  expect_refused(train("m.keras", 2, {"--run-dir", "notes", "--resume", "--quiet"}), {"notes/history.csv"});
  EXPECT_EQ(read_file(file("notes/history.csv")), history);
}

TEST_F(Overwrite, ACheckpointThatCannotBeReadIsNotReplacedUnasked) {
  write_file(file("m.checkpoint.keras"), "something that somebody may need");
  expect_refused(train("m.keras", 1), {"m.checkpoint.keras", "--overwrite"});
  EXPECT_EQ(read_file(file("m.checkpoint.keras")), "something that somebody may need");
  EXPECT_EQ(train("m.keras", 1, {"--overwrite"}).status, 0);
  // A model that only has the name of one.
  fs::copy(file("net.keras"), file("n.checkpoint.keras"));
  const std::string model = read_file(file("n.checkpoint.keras"));
  expect_refused(train("n.keras", 1), {"n.checkpoint.keras", "--overwrite"});
  EXPECT_TRUE(read_file(file("n.checkpoint.keras")) == model);
}

TEST_F(Overwrite, AModelWithoutItsCheckpointIsNotReplacedUnasked) {
  ASSERT_EQ(train("m.keras", 3).status, 0);
  fs::remove(file("m.checkpoint.keras"));
  const std::string model = read_file(file("m.keras"));
  for (const std::vector<std::string>& more : {std::vector<std::string>{"--quiet"}, {"--quiet", "--resume"}})
    expect_refused(train("m.keras", 1, more), {"'m.keras' is there already", "--overwrite"});
  EXPECT_TRUE(read_file(file("m.keras")) == model);
  EXPECT_EQ(train("m.keras", 1, {"--overwrite"}).status, 0);
}

TEST_F(Overwrite, WhatIsNotTheModelOfTheCheckpointIsNotReplacedUnasked) {
  ASSERT_EQ(train("m.keras", 1).status, 0);
  const std::string model = read_file(file("m.keras"));
  Net other;
  other.activation = "tanh";
  write_net("other.keras", other);
  // Text; a model from elsewhere; the same one with other weights.
  write_file(file("text"), "something that somebody may need");
  for (const char* name : {"text", "other.keras", "net.keras"}) {
    const std::string content = read_file(file(name));
    write_file(file("m.keras"), content);
    expect_refused(train("m.keras", 1), {"'m.keras' is there already", "m.checkpoint.keras", "--overwrite"});
    EXPECT_TRUE(read_file(file("m.keras")) == content) << name;
    // Going on replaces an earlier state of the same model.
    const bool earlier = std::string(name) == "net.keras";
    const Outcome resumed = train("m.keras", 1, {"--resume", "--quiet"});
    EXPECT_EQ(resumed.status, earlier ? 0 : 1) << name << ": " << resumed.err;
  }
  EXPECT_TRUE(read_file(file("m.keras")).size() == model.size());
  EXPECT_EQ(train("m.keras", 1).status, 0);
}

TEST_F(Overwrite, AnEpochOfNoMoreThanTheFirstIsReplaced) {
  ASSERT_EQ(train("m.keras", 1).status, 0);
  EXPECT_EQ(train("m.keras", 2).status, 0);
  EXPECT_EQ(epochs_of("m.keras"), 2);
}

TEST_F(Overwrite, ProtectedFilesAreRefusedBeforeTheFirstStep) {
  for (const char* name :
       {"m.keras", "m.checkpoint.keras", "m.keras.run/history.csv", "m.keras.run/report.html"}) {
    fs::create_directories(file("m.keras.run"));
    write_file(file(name), "");
    ASSERT_EQ(::chmod(file(name).c_str(), 0444), 0);
    expect_refused(train("m.keras", 2), {name});
    EXPECT_EQ(read_file(file(name)), "");
    EXPECT_EQ(fs::exists(file("m.checkpoint.keras")), std::string(name) == "m.checkpoint.keras");
    fs::remove(file(name));
  }
}

TEST_F(Overwrite, OverwriteKeepsModeAndOwnerOfProtectedFiles) {
  write_file(file("m.keras"), "old");
  ASSERT_EQ(::chmod(file("m.keras").c_str(), 0440), 0);
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::chown(file("m.keras").c_str(), 12345, 54321), 0);
  }
  expect_refused(train("m.keras", 1), {"m.keras", "read-only", "0440", "--overwrite"});
  EXPECT_EQ(read_file(file("m.keras")), "old");
  ASSERT_EQ(train("m.keras", 1, {"--overwrite"}).status, 0);
  struct stat status {};
  ASSERT_EQ(::stat(file("m.keras").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0440u);
  EXPECT_EQ(status.st_uid, root ? 12345 : ::geteuid());
  EXPECT_GT(status.st_size, 1000);
}

// What --help says of owners: the superuser's replacements keep them, so that nothing is to be asked.
TEST_F(Overwrite, RootLeavesFilesOfOthersTheirOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  ASSERT_EQ(train("m.keras", 1).status, 0);
  ASSERT_EQ(::chown(file("m.keras").c_str(), 12345, 54321), 0);
  ASSERT_EQ(train("m.keras", 1).status, 0);
  struct stat status {};
  ASSERT_EQ(::stat(file("m.keras").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12345u);
  EXPECT_EQ(status.st_gid, 54321u);
  EXPECT_NE(test::run_lamina(folder_.path(), {"train", "--help"}).out.find("would change"),
            std::string::npos);
}

TEST_F(Overwrite, OneProcessAtATime) {
  Running running(folder_.path(), command("m.keras", 100000, {"--run-dir", "notes", "--json"}));
  ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
  fs::create_symlink("m.keras", file("link.keras"));
  fs::create_directory(file("sub"));
  for (const char* out : {"m.keras", "./m.keras", "sub/../m.keras", "link.keras", "m.checkpoint.keras"}) {
    expect_refused(train(out, 2, {"--run-dir", "others", "--overwrite"}), {"another process"});
    expect_refused(train(out, 2, {"--run-dir", "others", "--resume"}), {"another process"});
  }
  expect_refused(train("n.keras", 2, {"--run-dir", "notes", "--overwrite"}), {"notes", "another process"});
  EXPECT_EQ(train("n.keras", 1, {"--run-dir", "others"}).status, 0);
  // A crash gives the files back.
  running.send(SIGKILL);
  EXPECT_EQ(running.wait().status, 128 + SIGKILL);
  const int64_t done = epochs_of("m.keras");
  EXPECT_EQ(train("m.keras", static_cast<int>(done) + 1, {"--run-dir", "notes", "--resume"}).status, 0);
  for (const std::string& name : everything()) {
    EXPECT_FALSE(name.ends_with(".lock")) << name;
    EXPECT_FALSE(name.ends_with(".tmp")) << name;
  }
}

}  // namespace
}  // namespace lamina
