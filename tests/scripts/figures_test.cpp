// bench/figures with programs that only print figures: what is compared with what, and what the table says.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

// A program that prints `json` whatever it is asked.
std::string program(const std::string& path, const std::string& json) {
  std::ofstream(path) << "#!/bin/sh\ncat << 'END'\nnot JSON, as progress is not\n" << json << "\nEND\n";
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

std::string row_of(const test::Outcome& outcome, const std::string& figure) {
  const std::vector<std::string> lines = outcome.lines();
  const auto row = std::find_if(lines.begin(), lines.end(),
                                [&](const std::string& line) { return line.rfind("| " + figure, 0) == 0; });
  return row == lines.end() ? "no row of " + figure + " in:\n" + outcome.out + outcome.err : *row;
}

class Figures : public ::testing::Test {
 protected:
  test::Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "7");
    return test::run_script("bench/figures", folder_.path(), arguments);
  }
  std::string ours(const std::string& json) { return program(folder_ / "lamina", json); }
  std::string before(const std::string& json) { return program(folder_ / "before", json); }

  test::TemporaryFolder folder_;
};

TEST_F(Figures, CompareWithAPeerAndWithAnotherBuild) {
  // A Python of the peers' that prints figures instead of running the script that it is given.
  fs::create_directories(folder_ / "envs/torch/bin");
  program(folder_ / "envs/torch/bin/python", R"({"train_ms_step": 50, "call1_ms": 1})");
  const test::Outcome outcome =
      run({"--lamina", ours(R"({"train_ms_step": 40, "latency_ms_min": 0.5})"), "--before",
           before(R"({"train_ms_step": 20})"), "--peers", folder_.path(), "--envs", folder_ / "envs",
           "--rounds", "2", "--only", "LSTM, 128"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const std::string row = row_of(outcome, "LSTM, 128 units");
  EXPECT_NE(row.find("| at most 1 × PyTorch; at most 1.05 × before |"), std::string::npos) << row;
  EXPECT_NE(row.find("| 40.0 ms; 0.80 × PyTorch: met; 2.00 × before: MISSED | PyTorch 50.0 |"),
            std::string::npos)
      << row;
  EXPECT_NE(outcome.err.find("round 2 of 2"), std::string::npos) << outcome.err;
}

// A program that does not overwrite the model of the round before, as `lamina train` does not.
TEST_F(Figures, GiveEachRoundAFolderOfItsOwn) {
  const std::string lamina = program(folder_ / "lamina", R"({"done": true})");
  std::ofstream(lamina) << "#!/bin/sh\nfor out; do :; done\n[ -e \"$out\" ] && exit 1\n: > \"$out\"\n"
                           "echo '{\"done\": true}'\n";
  const test::Outcome outcome = run({"--lamina", lamina, "--rounds", "3", "--only", "peak memory"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err.find("failed"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("round 3 of 3"), std::string::npos) << outcome.err;
}

TEST_F(Figures, TellBetterByTheFigure) {
  const test::Outcome outcome =
      run({"--lamina", ours(R"({"samples_s": 1000})"), "--before", before(R"({"samples_s": 900})"),
           "--rounds", "1", "--only", "four threads"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const std::string row = row_of(outcome, "CNN, prediction from four threads");
  EXPECT_NE(row.find("at least 1.8 × one thread's"), std::string::npos) << row;
  EXPECT_NE(row.find("1,000 samples/s; 1.00 × one thread's: MISSED; 1.11 × before: met"), std::string::npos)
      << row;
}

TEST_F(Figures, CountBothDirections) {
  const test::Outcome outcome =
      run({"--lamina", ours(R"({"train_ms_step": 40})"), "--rounds", "1", "--only", "both directions"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(row_of(outcome, "LSTM in both").find("0.50 × the plain layer per direction: met"),
            std::string::npos)
      << outcome.out;
}

TEST_F(Figures, GoOnWithoutWhatFails) {
  std::ofstream(folder_ / "lamina") << "#!/bin/sh\necho 'no such model' >&2\nexit 1\n";
  fs::permissions(folder_ / "lamina", fs::perms::owner_all);
  const test::Outcome outcome =
      run({"--lamina", folder_ / "lamina", "--rounds", "2", "--only", "beside a busy"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(row_of(outcome, "CNN, training step, beside").find("| - | not measured | - |"), std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.err.find("no such model"), std::string::npos) << outcome.err;
}

TEST_F(Figures, SayWhatIsAskedWithoutThePeer) {
  const test::Outcome outcome =
      run({"--lamina", ours(R"({"train_ms_step": 40})"), "--rounds", "1", "--only", "LSTM, 128"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(row_of(outcome, "LSTM, 128").find("| at most 1 × PyTorch | 40.0 ms; PyTorch: not measured | - |"),
            std::string::npos)
      << outcome.out;
}

TEST_F(Figures, RefuseWhatIsNotThere) {
  const test::Outcome nothing = run({"--lamina", folder_ / "nothing"});
  EXPECT_EQ(nothing.status, 2);
  EXPECT_NE(nothing.err.find("there is no program"), std::string::npos) << nothing.err;
  const test::Outcome row = run({"--lamina", ours("{}"), "--only", "abacus"});
  EXPECT_EQ(row.status, 2);
  EXPECT_NE(row.err.find("'abacus'"), std::string::npos) << row.err;
}

TEST_F(Figures, PrintWhatWasMeasuredWhenInterrupted) {
  // The second round waits to be interrupted.
  std::ofstream(folder_ / "lamina") << "#!/bin/sh\n[ ! -e once ] || { echo asleep >&2; exec sleep 60; "
                                       "}\ntouch once\necho '{\"latency_ms_p50\": 3}'\n";
  fs::permissions(folder_ / "lamina", fs::perms::owner_all);
  test::Running running(LAMINA_SOURCE_DIR "/bench/figures", folder_.path(),
                        {"7", "--lamina", folder_ / "lamina", "--rounds", "1", "--only", "one image"}, {},
                        "");
  ASSERT_TRUE(running.wait_for("round 1 of 1"));
  running.send(SIGINT);
  const test::Outcome outcome = running.wait();
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_NE(row_of(outcome, "CNN, one image, median, alone").find("| 3.0000 ms |"), std::string::npos)
      << outcome.out << outcome.err;
  EXPECT_NE(row_of(outcome, "CNN, one image, median, beside").find("| not measured |"), std::string::npos)
      << outcome.out << outcome.err;
}

}  // namespace
}  // namespace lamina
