// What cannot be saved is refused before the first step, and leaves nothing behind; odd names that can are.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "lamina/base/files.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::expect_refused;
using test::Outcome;

class RefuseBefore : public test::Training {
 protected:
  void expect_nothing_done(const std::string& out, const std::vector<std::string>& more,
                           const std::vector<std::string>& words) {
    const std::vector<std::string> before = everything();
    expect_refused(train(out, 2, more), words);
    EXPECT_EQ(everything(), before);
  }
};

TEST_F(RefuseBefore, NamesThatCannotBeWritten) {
  for (const char* name :
       {"a.checkpoint.keras", "b.keras", "c.keras.run/history.csv", "d.keras.run/report.html"})
    fs::create_directories(file(name));
  expect_nothing_done("a.keras", {}, {"a.checkpoint.keras", "folder"});
  expect_nothing_done("b.keras", {}, {"b.keras", "folder"});
  expect_nothing_done("c.keras", {}, {"c.keras.run/history.csv", "folder"});
  expect_nothing_done("d.keras", {}, {"d.keras.run/report.html", "folder"});
  expect_nothing_done("missing/m.keras", {"--run-dir", "c.keras.run"}, {"missing"});
  expect_nothing_done("data.npz/m.keras", {"--run-dir", "c.keras.run"}, {"data.npz", "Not a directory"});
  expect_nothing_done(".keras", {}, {".keras", "no name"});
  expect_nothing_done("/proc/m.keras", {"--run-dir", "c.keras.run"}, {"/proc/m.keras"});
  expect_nothing_done("m.keras", {"--run-dir", "data.npz"}, {"data.npz"});
  // The model's name fits into a folder, the checkpoint's does not.
  const std::string name = std::string(245, 'm') + ".keras";
  expect_nothing_done(name, {"--run-dir", "c.keras.run"}, {".checkpoint.keras", "too long"});
}

TEST_F(RefuseBefore, LinksThatLeadToOneFile) {
  fs::create_symlink("m.checkpoint.keras", file("m.keras"));
  expect_nothing_done("m.keras", {}, {"m.checkpoint.keras", "one file"});
}

TEST_F(RefuseBefore, FilesThatAreLargerThanThereIsRoomFor) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{6000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_nothing_done("m.keras", {}, {"m.checkpoint.keras", "File too large"});
  ::setrlimit(RLIMIT_FSIZE, &before);
}

TEST_F(RefuseBefore, NoNameOfALayerIsOdd) {
  for (const std::string& name :
       {std::string("a\x01"
                    "b"),
        std::string("line\nbreak"), std::string("\x7f"), std::string("100%01"), std::string("..")}) {
    write_net("net.keras", {.layer = name});
    const Outcome outcome = train("m.keras", 2, {"--overwrite", "--quiet"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const Outcome resumed = train("m.keras", 3, {"--resume", "--quiet"});
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(epochs_of("m.keras"), 3);
  }
}

TEST(Threads, MoreThanProcessorsAreToldAndBounded) {
  test::TemporaryFolder folder;
  for (const char* number : {"100000", "2147483647", "5000"}) {
    Outcome outcome =
        test::run_lamina(folder.path(), {"doctor", "--json"}, {"OMP_NUM_THREADS=" + std::string(number)});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.err.find("OMP_NUM_THREADS is "), std::string::npos) << outcome.err;
    const std::vector<std::string> words = {"bench", "mlp",       "--steps", "1",     "--batch",
                                            "8",     "--threads", number,    "--json"};
    outcome = test::run_lamina(folder.path(), words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("--threads " + std::string(number) + ": using "), std::string::npos)
        << outcome.err;
  }
}

}  // namespace
}  // namespace lamina
