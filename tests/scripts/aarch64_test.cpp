// scripts/aarch64: what it says where it cannot begin.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

class Aarch64 : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(tree_ / "scripts");
    fs::copy(LAMINA_SOURCE_DIR "/scripts/aarch64", tree_ / "scripts/aarch64");
  }
  test::Outcome run(const std::vector<std::string>& words) {
    return test::Running(tree_ / "scripts/aarch64", tree_.path(), words, {}, "").wait();
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

}  // namespace
}  // namespace lamina
