// scripts/aarch64: what it says where it cannot begin, and how it counts, with an emulator that is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

// Called as qemu-aarch64 -L SYSROOT PROGRAM OPTION...: lists four tests, or reports on those of the filter. One dies, one
// fails, one fails as children of fork() do in it. It leaves a line for each process.
constexpr char kEmulator[] = R"(#!/bin/bash
for option in "${@:4}"; do
  case $option in
    --gtest_list_tests) printf 'Running main()\nFirst.\n  Passes\n  Dies\nSecond/0.  # TypeParam = int\n  Fails\n'
      printf 'Third.\n  Forks\n'; exit ;;
    --gtest_filter=*) filter=${option#*=} report=/dev/null ;;
    --gtest_output=xml:*) report=${option#*xml:} ;;
  esac
done
echo "$filter" >> processes
[[ $filter != *Dies* ]] || exit 134
failures=0
if [[ $filter == *Forks* ]]; then
  failures=1
  printf 'Bail out! ERROR:../../plugins/core.c:221\n[  FAILED  ] Third.Forks (3 ms)\n'
fi
[[ $filter != *Fails* ]] || failures=1
echo "<testsuites tests=\"1\" failures=\"$failures\" disabled=\"0\" errors=\"0\">
<testcase name=\"$filter\" status=\"run\" result=\"completed\"" > "$report"
exit "$failures"
)";

class Aarch64 : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(tree_ / "scripts");
    fs::copy(LAMINA_SOURCE_DIR "/scripts/aarch64", tree_ / "scripts/aarch64");
  }
  test::Outcome run(const std::vector<std::string>& words) {
    const std::string path = "PATH=" + tree_.path() + ":" + std::getenv("PATH");
    return test::Running(tree_ / "scripts/aarch64", tree_.path(), words, {path}, "").wait();
  }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(tree_ / name).parent_path());
    std::ofstream(tree_ / name) << text;
    fs::permissions(tree_ / name, fs::perms::owner_all);
  }
  void write_build() {
    write("qemu-aarch64", kEmulator);
    write("build/aarch64/bin/lamina_tests", "");
    write("build/aarch64/lib/liblamina.so", "");
  }
  std::vector<std::string> processes() {
    std::ifstream file(tree_ / "processes");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  test::TemporaryFolder tree_;
};

TEST_F(Aarch64, ExplainsItsWords) {
  const test::Outcome outcome = run({"tests"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("usage: scripts/aarch64 [build | test [FILTER]]"), std::string::npos)
      << outcome.err;
}

TEST_F(Aarch64, TestsNothingThatIsNotBuilt) {
  const test::Outcome outcome = run({"test"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("scripts/aarch64 build makes it"), std::string::npos) << outcome.err;
}

TEST_F(Aarch64, RunsTheOthersWhereOneTestDies) {
  write_build();
  const test::Outcome outcome = run({"test"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.lines().back(), "1 passed, 2 failed, 0 skipped") << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("The process of First.Dies ended with status 134."), std::string::npos);
  EXPECT_NE(outcome.out.find("an assertion of the emulator, not counted: Third.Forks\n"), std::string::npos);
  EXPECT_EQ(processes(), (std::vector<std::string>{"First.Dies", "First.Passes", "First.Passes:First.Dies",
                                                   "Second/0.Fails", "Third.Forks", "Third.Forks"}));
}

TEST_F(Aarch64, GoesOnWhereItWasInterrupted) {
  write_build();
  run({"test"});
  // As if it had been stopped in the second suite.
  fs::remove(tree_ / "build/aarch64/results/all");
  fs::remove(tree_ / "build/aarch64/results/Second,0.xml");
  write("build/aarch64/results/ran", "First\nThird\n");
  fs::remove(tree_ / "processes");
  const test::Outcome outcome = run({"test"});
  EXPECT_EQ(outcome.lines().front(), "2 of 3 suites ran already");
  EXPECT_EQ(outcome.lines().back(), "1 passed, 2 failed, 0 skipped") << outcome.out << outcome.err;
  EXPECT_EQ(processes(), std::vector<std::string>{"Second/0.Fails"});
  run({"test"});
  EXPECT_EQ(processes().size(), 7u) << "a run that came to its end is not gone on with";
}

TEST_F(Aarch64, KnowsNothingOfAnEarlierBuild) {
  write_build();
  run({"test"});
  fs::remove(tree_ / "build/aarch64/results/all");
  fs::last_write_time(tree_ / "build/aarch64/lib/liblamina.so",
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  fs::remove(tree_ / "processes");
  run({"test"});
  EXPECT_EQ(processes().size(), 6u);
}

}  // namespace
}  // namespace lamina
