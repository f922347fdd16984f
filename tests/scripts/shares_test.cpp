// What does not fit into one run of scripts/test takes turns: the shares rotate with the commit, they cover
// everything within as many commits as there are shares, and the end says what was left. The tree here has no
// code: its cmake only notes what it was asked, and its tests and fuzzers only say that they ran.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

constexpr int kTestFiles = 320, kTestShares = 3;  // shares of at most 130 files
constexpr int kFuzzers = 30, kFuzzShares = 2;     // shares of at most 24 fuzzers

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class Shares : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"scripts", "tests", "bin", "lamina", "apps/lamina"}) fs::create_directories(tree_ / folder);
    for (const char* script : {"scripts/test", "scripts/minutes"}) {
      fs::copy(std::string(LAMINA_SOURCE_DIR "/") + script, tree_ / script);
    }
    program("scripts/install-dependencies", "exit 0");
    program("bin/nproc", "echo 99");  // no fuzzer waits for another
    program("bin/cmake", R"(echo "$*" >> asked
[ "$1" = --build ] || exit 0
mkdir -p build/asan/bin
mkdir -p build/release/bin build/tsan/bin
for preset in asan release tsan; do cp unit build/$preset/bin/lamina_tests; done
for number in $(seq )" + std::to_string(kFuzzers) +
                             R"(); do cp fuzzer build/asan/bin/fuzz_$number; done)");
    program("fuzzer", "basename \"$0\" >> fuzzed");
    program("unit", R"(for word; do
  case $word in --gtest_output=xml:*) cat > "${word#--gtest_output=xml:}" << 'END'
<testsuites tests="1" failures="0" disabled="0" errors="0" time="0.1" name="AllTests">
<testcase name="Runs" file="a.cpp" line="1" status="run" result="completed" time="0.1" timestamp="" classname="A" />
END
  esac
done)");
    for (int i = 0; i < kTestFiles; ++i) std::ofstream(tree_ / ("tests/t" + std::to_string(i) + "_test.cpp"));
    shell("git init -q");
  }

  void program(const std::string& path, const std::string& text) {
    std::ofstream(tree_ / path) << "#!/bin/sh\n" << text << "\n";
    fs::permissions(tree_ / path, fs::perms::owner_all);
  }
  test::Outcome shell(const std::string& command) {
    return test::Running("/bin/sh", tree_.path(), {"-c", command},
                         {"PATH=" + tree_ / "bin" + ":" + ::getenv("PATH")}, "")
        .wait();
  }
  void commit() {
    const test::Outcome outcome = shell(
        "git -c user.name=a -c user.email=a@b.c -c commit.gpgsign=false commit -q --allow-empty -m next");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  // Runs scripts/test; what it asked of cmake and which fuzzers ran is then in asked and fuzzed.
  test::Outcome run(const std::string& words) {
    fs::remove(tree_ / "asked");
    fs::remove(tree_ / "fuzzed");
    return shell("scripts/test " + words);
  }
  // "1/3": the share of unit tests that cmake was asked for.
  std::string share() {
    for (const std::string& line : lines_of(tree_ / "asked")) {
      const std::string name = "-DLAMINA_TESTS_SHARE=";
      const size_t at = line.find(name);
      if (at != std::string::npos) return line.substr(at + name.size());
    }
    return "none";
  }

  test::TemporaryFolder tree_;
};

TEST_F(Shares, RotateWithTheCommitAndCoverEverything) {
  std::set<std::string> shares, next_shares;
  std::vector<std::string> fuzzed;
  for (int turn = 1; turn <= kTestShares; ++turn) {
    commit();
    const test::Outcome outcome = run("asan fuzz");
    ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    const std::string number = std::to_string(turn % kTestShares);
    EXPECT_EQ(share(), number + "/" + std::to_string(kTestShares));
    shares.insert(share());
    const std::vector<std::string> lines = outcome.lines();
    ASSERT_GE(lines.size(), 3u);
    const std::string& left = lines[lines.size() - 2];
    EXPECT_EQ(
        left.rfind(
            "Left to the turns of other commits: files of unit tests under the address sanitizer: share " +
                std::to_string(turn % kTestShares + 1) + " of 3 ran; fuzzers: share " +
                std::to_string(turn % kFuzzShares + 1) + " of 2 ran",
            0),
        0u)
        << left;
    // Two processes of unit tests with one test each, and half of the fuzzers.
    EXPECT_EQ(lines.back(), std::to_string(2 + kFuzzers / kFuzzShares) + " passed, 0 failed");
    if (turn <= kFuzzShares) {
      const std::vector<std::string> ran = lines_of(tree_ / "fuzzed");
      fuzzed.insert(fuzzed.end(), ran.begin(), ran.end());
    }
  }
  EXPECT_EQ(shares.size(), static_cast<size_t>(kTestShares));
  EXPECT_EQ(fuzzed.size(), static_cast<size_t>(kFuzzers)) << "a fuzzer ran in two shares";
  EXPECT_EQ(std::set<std::string>(fuzzed.begin(), fuzzed.end()).size(), static_cast<size_t>(kFuzzers));
}

// Four commits: three with a share of the address sanitizer each and fuzzers, one with the thread sanitizer.
TEST_F(Shares, SanitizersTakeTurns) {
  program("bin/ctest", "echo '100% tests passed, 0 tests failed out of 1'");
  std::ofstream(tree_ / "lamina/a.cpp");
  std::multiset<std::string> shares;
  std::set<std::string> fuzzed;
  int threads = 0;
  for (int turn = 1; turn <= 4; ++turn) {
    commit();
    const test::Outcome outcome = run("");
    ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    shares.insert(share());
    const bool of_threads = outcome.out.find("\ntsan ") != std::string::npos;
    threads += of_threads ? 1 : 0;
    EXPECT_EQ(of_threads, outcome.out.find("\nasan ") == std::string::npos) << outcome.out;
    EXPECT_EQ(of_threads, outcome.out.find("\nfuzz ") == std::string::npos) << outcome.out;
    const std::string left = of_threads ? "the address sanitizer and the fuzzers" : "the thread sanitizer";
    EXPECT_NE(outcome.out.find("Left to the turns of other commits: " + left), std::string::npos) << outcome.out;
    if (!of_threads) {
      for (const std::string& fuzzer : lines_of(tree_ / "fuzzed")) fuzzed.insert(fuzzer);
    }
  }
  EXPECT_EQ(threads, 1);
  EXPECT_EQ(shares, (std::multiset<std::string>{"0/3", "1/3", "2/3", "none"}));
  EXPECT_EQ(fuzzed.size(), static_cast<size_t>(kFuzzers));
}

TEST_F(Shares, AreNotDealtWhenAllIsAskedFor) {
  commit();
  const test::Outcome outcome = run("all asan fuzz");
  ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(share(), "0/1");
  EXPECT_EQ(lines_of(tree_ / "fuzzed").size(), static_cast<size_t>(kFuzzers));
  EXPECT_EQ(outcome.out.find("Left to"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.lines().back(), std::to_string(2 + kFuzzers) + " passed, 0 failed");
}

TEST_F(Shares, LeaveTheMinutesOfEachStep) {
  commit();
  const test::Outcome outcome = run("asan fuzz");
  EXPECT_NE(outcome.out.find("\nMinutes of building + running: asan 0.0 + 0.0, fuzz 0.0 + "),
            std::string::npos)
      << outcome.out;
  const std::vector<std::string> steps = lines_of(tree_ / "build/steps.tsv");
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].rfind("cold\tasan\t", 0), 0u) << steps[0];
  EXPECT_TRUE(steps[0].ends_with("\t320\t130")) << steps[0];
  EXPECT_TRUE(steps[1].ends_with("\t30\t16")) << steps[1];
}

// The build's side: every file of tests falls to one share, and no share is much larger than the others.
TEST(SharesOfTheBuild, TakeEveryFileOnce) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "deal.cmake") << "set(root " LAMINA_SOURCE_DIR ")"
                                       << R"(
cmake_minimum_required(VERSION 3.25)
include(${root}/cmake/Shares.cmake)
file(GLOB_RECURSE names RELATIVE ${root}/tests ${root}/tests/*_test.cpp)
foreach(name ${names})
  foreach(share 0 1 2)
    lamina_dealt(${name} ${share} 3 mine)
    if(mine)
      message("${share} ${name}")
    endif()
  endforeach()
endforeach()
)";
  const test::Outcome outcome =
      test::Running("/bin/sh", folder.path(), {"-c", "exec cmake -P deal.cmake"}, {}, "").wait();
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::vector<int> sizes(3);
  std::set<std::string> names;
  std::istringstream text(outcome.err);
  int share = 0, dealt = 0;
  for (std::string name; text >> share >> name; ++dealt) {
    ++sizes.at(static_cast<size_t>(share));
    names.insert(name);
  }
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(LAMINA_SOURCE_DIR "/tests")) {
    files += entry.path().string().ends_with("_test.cpp") ? 1 : 0;
  }
  EXPECT_EQ(dealt, files);
  EXPECT_EQ(names.size(), static_cast<size_t>(files));
  EXPECT_LT(*std::max_element(sizes.begin(), sizes.end()), 2 * *std::min_element(sizes.begin(), sizes.end()));
}

}  // namespace
}  // namespace lamina
