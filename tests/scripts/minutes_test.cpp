// scripts/minutes on the marks that a build and its tests leave: which room, target and test the minutes are
// told for.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

class Minutes : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(tree_ / "scripts");
    fs::copy(LAMINA_SOURCE_DIR "/scripts/minutes", tree_ / "scripts/minutes");
  }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(tree_ / path).parent_path());
    std::ofstream(tree_ / path) << text;
  }
  test::Outcome run(const std::vector<std::string>& words = {}) {
    return test::Running(tree_ / "scripts/minutes", tree_.path(), words, {}, "").wait();
  }
  // A build of one file of ops, one of tests and one that is gone.
  void build() {
    const std::string ops = "lamina/CMakeFiles/lamina_ops.dir/ops/relu.cpp.o";
    const std::string tests = "tests/CMakeFiles/lamina_tests_of_ops.dir/ops/relu_test.cpp.o";
    write("build/asan/" + ops, "");
    write("build/asan/" + tests, "");
    write("build/asan/.ninja_log", "# ninja log v5\n0\t1000\t1\t" + ops + "\ta\n0\t60000\t1\t" + ops +
                                       "\ta\n" + "0\t180000\t1\t" + tests +
                                       "\ta\n0\t90000\t1\tlamina/gone.o\ta\n");
  }

  test::TemporaryFolder tree_;
};

TEST_F(Minutes, TellTargetsRoomsFilesAndTests) {
  build();
  write(
      "build/asan/report-0.xml",
      "<testcase name=\"IsFast\" file=\"a.cpp\" line=\"1\" status=\"run\" result=\"completed\" time=\"1.5\" "
      "timestamp=\"t\" classname=\"Relu\" />\n");
  const test::Outcome outcome = run();
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const char* line :
       {"    1.00 min  25.0 %      1  compile lamina_ops\n", "    1.00 min  25.0 %      1  lamina/ops\n",
        "    3.00 min  75.0 %      1  tests/ops\n", "   180.0  tests/CMakeFiles/",
        "    0.03 min 100.0 %      1  Relu\n", "    1.50  Relu.IsFast\n"}) {
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << "in\n" << outcome.out;
  }
  EXPECT_EQ(outcome.out.find("gone"), std::string::npos) << outcome.out;
}

// What all the code is compiled for grows five times, what is dealt to shares up to the size of a share: of
// the address sanitizer's 4 minutes, 3 are tests', of which 100 files are built now and 150 then.
TEST_F(Minutes, ForecastStepsAtFiveTimesTheCode) {
  build();
  ASSERT_EQ(run({"--note", "cold", "unit", "120", "60"}).status, 0);
  ASSERT_EQ(run({"--note", "cold", "asan", "99", "9", "100", "150"}).status, 0);
  ASSERT_EQ(run({"--note", "cold", "asan", "240", "60", "100", "150"}).status, 0);
  ASSERT_EQ(run({"--note", "same", "conformance", "0", "60"}).status, 0);
  ASSERT_EQ(run({"--note", "again", "fuzz", "60", "60", "30", "24"}).status, 0);
  const test::Outcome outcome = run();
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const char* line :
       {"\nunit              2.0      1.0                     15.0\n",
        "\nasan              4.0      1.0                     11.0\n",
        "\nconformance       0.0      1.0                      5.0\n",
        "Forecast at five times the code, cold: 31 minutes instead of 9; .ci/run has to stay below 60 "
        "(not measured: checks fuzz tsan)"}) {
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << "in\n" << outcome.out;
  }
}

TEST_F(Minutes, SayWhenThereIsNothingToTell) {
  test::Outcome outcome = run();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("nothing is built yet"), std::string::npos) << outcome.err;
  outcome = run({"tsan"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("build/tsan holds no build"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace lamina
