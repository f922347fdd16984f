// lamina report and evaluate --report: pages of trainings and of what they led to, and what is refused.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_images.h"

namespace lamina {
namespace {

using test::Outcome;

// Two trainings of the same network.
class Runs : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    test::write_tiny_images(folder_->path(), 300, 100);
    for (const char* size : {"32", "64"}) {
      std::vector<std::string> words = {"train", "fashion-mnist", "--epochs", "2",       "--batch-size",
                                        size,    "--out",         "m.keras",  "--quiet", "--run-dir",
                                        size,    "--overwrite"};
      if (std::string(size) == "64") words.push_back("--gradient-norm");
      const Outcome outcome = run(words);
      ASSERT_EQ(outcome.status, 0) << outcome.err;
    }
  }
  static void TearDownTestSuite() { delete folder_; }
  static Outcome run(const std::vector<std::string>& arguments) {
    return test::run_lamina(folder_->path(), arguments,
                            {"LAMINA_DATA=" + folder_->path(), "OMP_WAIT_POLICY=passive"});
  }
  static std::string file(const std::string& name) { return *folder_ / name; }

  static test::TemporaryFolder* folder_;
};
test::TemporaryFolder* Runs::folder_ = nullptr;

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(Runs, AreComparedOnOnePage) {
  const Outcome outcome = run({"report", "32", "64/", "--out", "both.html", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json said = Json::parse(outcome.out);
  EXPECT_EQ(said.at("report").as_string(), "both.html");
  ASSERT_EQ(said.at("runs").size(), 2u);
  const Json& second = said.at("runs").at(1);
  EXPECT_EQ(second.at("epochs").as_int(), 2);
  EXPECT_GT(second.at("last").at("gradient_norm").as_double(), 0);
  EXPECT_GT(second.at("metrics").at("accuracy").as_double(), 0);
  EXPECT_FALSE(said.at("runs").at(0).at("last").contains("gradient_norm"));
  const std::string page = read_file(file("both.html"));
  EXPECT_EQ(page.find("http"), std::string::npos);
  // loss, accuracy, val_loss, val_accuracy, learning_rate, gradient_norm
  EXPECT_EQ(count_of(page, "<svg"), 6u);
  for (const char* part :
       {"2 runs compared", "Validation loss", "Gradient norm", "Learning rate", "best epoch", "test accuracy",
        "<td class=\"key\">batch size</td><td class=\"number\">32</td>"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("<td class=\"key\">seed</td>"), std::string::npos);  // the same in both
}

TEST_F(Runs, LeaveAReportWithCurves) {
  const std::string report = read_file(file("64/report.html"));
  for (const char* part :
       {"ROC", "Precision and recall", "Calibration", "expected calibration error", "Learning rate",
        "Gradient norm", "each class against the rest; mean area", "Ankle boot"})
    EXPECT_NE(report.find(part), std::string::npos) << part;
  EXPECT_EQ(read_file(file("32/report.html")).find("Gradient norm"), std::string::npos);
  EXPECT_EQ(read_file(file("64/history.csv")).rfind("epoch,loss,accuracy,gradient_norm,val_loss,", 0), 0u);
}

TEST_F(Runs, EvaluateWritesAPage) {
  const Outcome outcome =
      run({"evaluate", "m.keras", "--data", "fashion-mnist:test", "--quiet", "--report", "e.html"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("Report: e.html\n"), std::string::npos) << outcome.out;
  const std::string page = read_file(file("e.html"));
  for (const char* part : {"evaluated on 100 samples", "Confusion matrix", "ROC", "Calibration",
                           "lamina evaluate m.keras --data fashion-mnist:test"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("training time"), std::string::npos);
}

TEST_F(Runs, PagesReplaceReportsAndNothingElse) {
  write_file(file("mine.html"), "<!DOCTYPE html><p>mine</p>");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"report", "32", "--out", "mine.html"},
        {"evaluate", "m.keras", "--data", "fashion-mnist:test", "--report", "mine.html"}}) {
    Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("'mine.html' is there already, and is no report"), std::string::npos)
        << outcome.err;
  }
  EXPECT_EQ(read_file(file("mine.html")), "<!DOCTYPE html><p>mine</p>");
  EXPECT_EQ(run({"report", "32", "--out", "mine.html", "--overwrite"}).status, 0);
  EXPECT_EQ(run({"report", "64", "--out", "mine.html", "--title", "a <b>"}).status, 0);
  EXPECT_NE(read_file(file("mine.html")).find("<h1>a &lt;b&gt;</h1>"), std::string::npos);
}

// Run folders written by hand.
class RunFiles : public ::testing::Test {
 protected:
  void leave(const std::string& name, const std::string& history, const std::string& note = "") {
    std::filesystem::create_directories(folder_ / name);
    if (!history.empty()) write_file(folder_ / (name + "/history.csv"), history);
    if (!note.empty()) write_file(folder_ / (name + "/run.json"), note);
  }
  Outcome report(std::vector<std::string> words) {
    words.insert(words.begin(), "report");
    return test::run_lamina(folder_.path(), words);
  }
  void expect_refused(const std::vector<std::string>& words, const std::vector<std::string>& parts,
                      int status = 1) {
    const Outcome outcome = report(words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    for (const std::string& part : parts)
      EXPECT_NE(outcome.err.find(part), std::string::npos) << part << "\n" << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "comparison.html"));
  }
  test::TemporaryFolder folder_;
};

TEST_F(RunFiles, OfAnyReleaseAndUnfinishedAreShown) {
  leave("runs/a", "epoch,loss,val_loss\n0,3,nan\n1,2,1.5\n2,1,1.75\n");
  leave("runs/b", "epoch,loss\r\n0,0.5\r\n", R"({"checkpoint": "../../m.checkpoint.keras", "seconds": 2.5})");
  const Outcome outcome = report({"runs/a/history.csv", "runs/b", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("'runs/a' does not say what its task was"), std::string::npos) << outcome.err;
  const Json runs = Json::parse(outcome.out).at("runs");
  EXPECT_EQ(runs.at(0).at("best_epoch").as_int(), 2);  // of the validation loss
  EXPECT_EQ(runs.at(1).at("best_epoch").as_int(), 1);
  EXPECT_EQ(runs.at(0).at("last").at("val_loss").as_double(), 1.75);
  const std::string page = read_file(folder_ / "comparison.html");
  EXPECT_NE(page.find("of an older release"), std::string::npos);
  EXPECT_EQ(page.find(">nan<"), std::string::npos);
}

TEST_F(RunFiles, ThatCannotBeReadAreNamed) {
  const std::string good = "epoch,loss\n0,1\n";
  leave("runs/a", good);
  leave("bare", "");
  write_file(folder_ / "file.csv", good);
  expect_refused({"nothing"}, {"there is no run 'nothing'"});
  expect_refused({"runs"}, {"'runs' is no run", "no history.csv", "there are runs in it: runs/a"});
  expect_refused({"bare"}, {"'bare' is no run", "'lamina train' leaves"});
  expect_refused({"file.csv"}, {"'file.csv' is no run", "a folder with history.csv"});
  expect_refused({"runs/a", "./runs/a/"}, {"named twice"}, 2);
  expect_refused({}, {"RUN is required"}, 2);
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"loss\n1\n", "line 1: expected names of columns"},
      {"epoch,loss,loss\n0,1,2\n", "line 1: two columns are called 'loss'"},
      {"epoch,loss\n", "there is no epoch yet"},
      {"epoch,loss\n0,1\n1\n", "line 3: 1 values for 2 columns"},
      {"epoch,loss\n0,1\n1,x\n", "line 3: 'x' is no number"},
      {"epoch,loss\n0,1\n2,1\n", "line 3: epoch 1 was expected, received 2"}};
  for (const auto& [history, message] : broken) {
    leave("broken", history);
    expect_refused({"runs/a", "broken"}, {"broken/history.csv", message});
  }
  leave("broken", good, "{\"seconds\": ");
  expect_refused({"broken"}, {"broken/run.json"});
  leave("broken", good, "[1, 2]");
  expect_refused({"broken"}, {"broken/run.json", "it holds no object"});
  leave("broken", good, "{\"seconds\": \"long\"}");
  expect_refused({"broken"}, {"broken/run.json", "no note of a training"});
}

TEST_F(RunFiles, OfDifferentTasksAreNotCompared) {
  leave("a", "epoch,loss\n0,1\n", R"({"task": "classification"})");
  leave("b", "epoch,loss\n0,1\n", R"({"task": "values"})");
  expect_refused({"a", "b"}, {"'a' is a training for classification and 'b' one for values", "one task"});
}

// Names of runs, logs and options come from files.
TEST_F(RunFiles, HostileTextStaysText) {
  const std::string evil = "<script>alert(1)<";
  leave("a" + evil, "epoch," + evil + "\n0,1\n",
        R"({"options": {"<img src=x>": "<b>"}, "metrics": {"<i>": 1}, "metrics_of": "<u>"})");
  leave("b", "epoch,loss\n0,1\n");
  ASSERT_EQ(report({"a" + evil, "b"}).status, 0);
  const std::string page = read_file(folder_ / "comparison.html");
  for (const char* part : {"<script", "<img", "<b>", "<i>", "<u>"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace lamina
