// Signals and readers that go away: what was learned is saved, or training goes on.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <sstream>

#include "lamina/base/files.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::Running;

class Signals : public test::Training {
 protected:
  // Sends `signals` to a long training after its first epoch; it must save and end with status 1.
  void expect_saved(const std::vector<int>& signals, const std::string& out) {
    Running running(folder_.path(), command(out, 1000000, {"--json"}));
    ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
    for (const int signal : signals) running.send(signal);
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("--resume"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.out.find("\"interrupted\": true"), std::string::npos);
    EXPECT_GE(epochs_of(out), 1);
  }
};

TEST_F(Signals, HangUpSavesAsTerminateDoes) {
  expect_saved({SIGTERM}, "term.keras");
  expect_saved({SIGINT}, "int.keras");
  expect_saved({SIGHUP}, "hup.keras");
}

// The kernel and the shell both send it when a terminal closes; a service manager sends it after SIGTERM.
TEST_F(Signals, HangUpIsNeverTheSecondRequest) {
  expect_saved({SIGHUP, SIGHUP}, "twice.keras");
  expect_saved({SIGHUP, SIGTERM}, "before.keras");
  expect_saved({SIGTERM, SIGHUP}, "after.keras");
  expect_saved({SIGHUP, SIGCONT, SIGHUP}, "often.keras");
  expect_saved({SIGINT, SIGINT}, "forwarded.keras");  // the terminal's, and again by whoever started it
}

// A handler's frame overwrote the heap when the signal came amid a product of matrices, whose kernel points
// the stack pointer there: one stop in fifty ended in "corrupted size vs. prev_size".
TEST_F(Signals, NoHandlerRunsAmidTheWork) {
  Running running(folder_.path(), command("m.keras", 1000000, {"--json"}));
  ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
  int threads = 0, deaf = 0;
  const std::string tasks = "/proc/" + std::to_string(running.process()) + "/task";
  for (const auto& task : fs::directory_iterator(tasks)) {
    std::istringstream status(read_file(task.path().string() + "/status"));
    uint64_t blocked = 0, caught = 0;
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("SigBlk:")) blocked = std::stoull(line.substr(7), nullptr, 16);
      if (line.starts_with("SigCgt:")) caught = std::stoull(line.substr(7), nullptr, 16);
    }
    uint64_t requests = 0;
    for (const int signal : {SIGHUP, SIGINT, SIGTERM}) requests |= uint64_t{1} << (signal - 1);
    EXPECT_EQ(caught & requests, 0u);
    ++threads;
    deaf += (blocked & requests) == requests;
  }
  EXPECT_GE(threads, 2);
  EXPECT_GE(deaf, threads - 1);  // all but the one that waits for them
}

// Starts the program from a shell, whose status it gives.
int shell(const std::string& folder, const std::string& line) {
  return WEXITSTATUS(std::system(("cd '" + folder + "' && " + line).c_str()));
}

std::string joined(const std::vector<std::string>& words) {
  std::string line = test::program_path();
  for (const std::string& word : words) line += " " + word;
  return line;
}

TEST_F(Signals, WhatNohupIgnoresStaysIgnored) {
  const std::string line = joined(command("m.keras", 40, {"--quiet"}));
  EXPECT_EQ(
      shell(folder_.path(),
            "trap '' HUP; " + line +
                " & p=$!; while [ ! -e m.checkpoint.keras ]; do sleep 0.01; done; kill -HUP $p; wait $p"),
      0);
  EXPECT_EQ(epochs_of("m.keras"), 40);
}

TEST_F(Signals, AReaderThatEndsDoesNotEndTheTraining) {
  for (const std::string& more :
       {std::string(), std::string("--json 2>/dev/null"), std::string("--json 2>&1"), std::string("2>&1"),
        std::string("--json 2>&1 >/dev/null")}) {
    for (const char* reader : {"head -1", "true"}) {
      std::vector<std::string> words = command("m.keras", 6, {"--overwrite", more});
      const std::string status = "; echo $? > status) | " + std::string(reader) + " > /dev/null";
      ASSERT_EQ(shell(folder_.path(), "(" + joined(words) + status +
                                          "; sleep 0.1; while [ ! -s status ]; do sleep 0.1; done"),
                0);
      EXPECT_EQ(read_file(file("status")), "0\n") << more << " | " << reader;
      EXPECT_EQ(epochs_of("m.keras"), 6);
      EXPECT_TRUE(fs::exists(file("m.keras")));
      fs::remove(file("m.keras"));
      fs::remove(file("status"));
    }
  }
}

TEST_F(Signals, AFullDiskUnderTheOutputIsToldAtTheEnd) {
  const Outcome outcome = test::run_lamina(folder_.path(), command("m.keras", 3), {}, "/dev/full");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("cannot write to standard output"), std::string::npos) << outcome.err;
  EXPECT_EQ(epochs_of("m.keras"), 3);
  EXPECT_TRUE(fs::exists(file("m.keras")));
}

}  // namespace
}  // namespace lamina
