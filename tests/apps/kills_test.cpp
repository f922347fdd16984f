// Kills between any two files that a training replaces: what is left can be read, and --resume ends in the
// same bytes.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>

#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"
#include "tests/support/sanitized.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

class Kills : public test::Training {
 protected:
  // The environment of a training that ends before its rename number `n`.
  static std::vector<std::string> killed_at(int n) {
    return {"SOURCE_DATE_EPOCH=1700000000", "LD_PRELOAD=" LAMINA_KILL_LIBRARY,
            "LAMINA_KILL_AT=" + std::to_string(n)};
  }
  void expect_same_as(const std::string& whole, const std::string& out, const std::string& when) const {
    for (const char* name : {".keras", ".checkpoint.keras", ".keras.run/history.csv"})
      EXPECT_TRUE(read_file(file(out + name)) == read_file(file(whole + name))) << when << ": " << name;
    EXPECT_TRUE(fs::exists(file(out + ".keras.run/report.html"))) << when;
    for (const std::string& name : everything()) {
      EXPECT_FALSE(name.ends_with(".lock")) << when << ": " << name;
      EXPECT_FALSE(name.ends_with(".tmp")) << when << ": " << name;
    }
  }
};

TEST_F(Kills, BeforeEachRenameAreGoneOnWith) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer must be the first library";
  const std::vector<std::string> fixed = {"SOURCE_DATE_EPOCH=1700000000"};
  ASSERT_EQ(train("whole.keras", 3, {}, fixed).status, 0);
  int kills = 0, of_checkpoint = 0, of_history = 0, of_model = 0;
  for (int n = 1; n < 100; ++n) {
    const std::string name = "k" + std::to_string(n), when = "killed before rename " + std::to_string(n);
    const Outcome outcome = train(name + ".keras", 3, {}, killed_at(n));
    if (outcome.status == 0) break;
    ASSERT_EQ(outcome.status, 128 + SIGKILL) << when << outcome.err;
    ++kills;
    for (const std::string& left : everything()) {
      if (!left.ends_with(".tmp") || left.find(name + ".") == std::string::npos) continue;
      of_checkpoint += left.find(".checkpoint.keras.") != std::string::npos;
      of_history += left.find(".history.csv.") != std::string::npos;
      of_model += left.starts_with("." + name + ".keras.");
    }
    // Nothing that has a name is half a file.
    for (const char* part : {".keras", ".checkpoint.keras"}) {
      if (fs::exists(file(name + part))) {
        EXPECT_NO_THROW(load_model(file(name + part))) << when;
      }
    }
    const Outcome resumed = train(name + ".keras", 3, {"--resume"}, fixed);
    EXPECT_EQ(resumed.status, 0) << when << ": " << resumed.err;
    expect_same_as("whole", name, when);
  }
  // Three epochs, each with a checkpoint and a history, and the model at the end.
  EXPECT_GE(kills, 9);
  EXPECT_EQ(of_checkpoint, 3);
  EXPECT_GE(of_history, 3);
  EXPECT_EQ(of_model, 1);
}

// The same while going on: a kill may come again, and again.
TEST_F(Kills, BeforeEachRenameOfAResumeAreGoneOnWith) {
  if (test::kSanitized) GTEST_SKIP() << "a sanitizer must be the first library";
  const std::vector<std::string> fixed = {"SOURCE_DATE_EPOCH=1700000000"};
  ASSERT_EQ(train("whole.keras", 4, {}, fixed).status, 0);
  ASSERT_EQ(train("k.keras", 1, {}, fixed).status, 0);
  int kills = 0;
  for (int n = 1; n < 20; ++n) {
    const Outcome outcome = train("k.keras", 4, {"--resume"}, killed_at(n));
    if (outcome.status == 0) break;
    ASSERT_EQ(outcome.status, 128 + SIGKILL) << n << outcome.err;
    ++kills;
    ASSERT_NO_THROW(load_checkpoint(file("k.checkpoint.keras")));
  }
  EXPECT_GE(kills, 4);
  expect_same_as("whole", "k", "after " + std::to_string(kills) + " kills");
}

}  // namespace
}  // namespace lamina
