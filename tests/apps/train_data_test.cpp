// lamina train: which samples it trains and judges by, and what is left when something goes wrong.
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/formats/npz.h"
#include "lamina/zoo/tutorial_models.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_images.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

class TrainData : public ::testing::Test {
 protected:
  TrainData() { test::write_tiny_images(folder_.path(), 96, 64); }

  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments,
                            {"LAMINA_DATA=" + folder_.path(), "OMP_WAIT_POLICY=passive"});
  }
  std::string file(const std::string& name) const { return folder_ / name; }
  Json last_line(const Outcome& outcome) const {
    const std::vector<std::string> lines = outcome.lines();
    return lines.empty() ? Json() : Json::parse(lines.back());
  }

  // 32 grey images of classes 0, 1, ... in the element type T.
  template <class T>
  void write_images(const std::string& name, T first_pixel) const {
    std::vector<T> x(32 * 784, static_cast<T>(0.5));
    x[0] = first_pixel;
    std::vector<int64_t> y(32);
    for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<int64_t>(i % 10);
    write_npz(file(name), {{"x", Tensor::from(x, Shape{32, 28, 28, 1})}, {"y", Tensor::from(y, Shape{32})}});
  }

  test::TemporaryFolder folder_;
};

TEST_F(TrainData, AFolderWithoutATestPartTrains) {
  fs::create_directory(file("part"));
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"})
    fs::copy(file("fashion-mnist/" + std::string(name)), file("part"));
  const Outcome outcome =
      run({"train", "fashion-mnist", "--data", "part", "--epochs", "1", "--out", "m.keras", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(last_line(outcome).at("metrics_of").as_string(), "training");
}

TEST_F(TrainData, WhatIsSaidOfTablesIsRefusedWhereThereIsNone) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--separator", ";"},
                                                {"--header"},
                                                {"--label-column", "kind"},
                                                {"--missing", "drop"},
                                                {"--decimal-comma", "--separator", ";"}}) {
    std::vector<std::string> line{"train", "fashion-mnist", "--epochs", "1", "--out", "m.keras"};
    line.insert(line.end(), words.begin(), words.end());
    const Outcome outcome = run(line);
    EXPECT_EQ(outcome.status, 1) << words[0];
    EXPECT_NE(outcome.err.find("'fashion-mnist' is no table"), std::string::npos) << outcome.err;
  }
}

// The name of a set alone once meant its training part here: the model was judged by what it had learnt.
TEST_F(TrainData, ValidationDataMeansThePartTest) {
  const Outcome trained = run({"train", "fashion-mnist", "--validation-data", "fashion-mnist", "--epochs",
                               "1", "--out", "m.keras", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Outcome judged = run({"evaluate", "m.keras", "--data", "fashion-mnist:test", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(last_line(trained).at("metrics_of").as_string(), "validation");
  EXPECT_DOUBLE_EQ(last_line(trained).at("metrics").at("loss").as_double(),
                   last_line(judged).at("metrics").at("loss").as_double());
}

// NumPy's own element type: the report's pictures once stopped the command after the training.
TEST_F(TrainData, PicturesOfDoublesAreShownInTheReport) {
  tutorial_model("cnn28").build(1).save(file("cnn.keras"));
  write_images("doubles.npz", 0.5);
  const Outcome outcome = run({"train", "cnn.keras", "--data", "doubles.npz", "--validation-data",
                               "doubles.npz", "--out", "m.keras", "--run-dir", "notes", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(last_line(outcome).at("done").as_bool());
  EXPECT_NE(read_file(file("notes/report.html")).find("data:image/png"), std::string::npos);
}

TEST_F(TrainData, ALossThatIsNoNumberLeavesTheLastGoodCheckpoint) {
  tutorial_model("cnn28").build(1).save(file("cnn.keras"));
  write_images("good.npz", 0.5f);
  write_images("bad.npz", std::numeric_limits<float>::quiet_NaN());
  std::vector<std::string> words = {"train", "cnn.keras", "--data",  "good.npz", "--epochs",
                                    "1",     "--out",     "m.keras", "--quiet",  "--stop-on-nan"};
  ASSERT_EQ(run(words).status, 0);
  const std::string before = read_file(file("m.checkpoint.keras"));
  words[3] = "bad.npz";
  words[5] = "2";
  words.push_back("--resume");
  words.push_back("--allow-changes");
  const Outcome outcome = run(words);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("step 1 of epoch 2"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("m.checkpoint.keras holds the state before that"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(read_file(file("m.checkpoint.keras")), before);
}

TEST_F(TrainData, AnEpochIsSavedEvenIfItsHistoryCannotBe) {
  std::vector<std::string> words = {"train",   "fashion-mnist", "--epochs", "1000",  "--out",
                                    "m.keras", "--run-dir",     "notes",    "--json"};
  test::Running running(folder_.path(), words, {"LAMINA_DATA=" + folder_.path()});
  ASSERT_TRUE(running.wait_for("\"epoch\": 1"));
  fs::rename(file("notes"), file("elsewhere"));
  const Outcome outcome = running.wait();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("notes/"), std::string::npos) << outcome.err;
  const int64_t done = read_checkpoint_info(file("m.checkpoint.keras"))->training.at("epoch").as_int();
  EXPECT_GE(done, 1);
  words[3] = std::to_string(done + 1);
  words[7] = "other";
  words.push_back("--resume");
  const Outcome resumed = run(words);
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(resumed.lines().size(), 2u);  // the next epoch and the last line
  const std::string history = read_file(file("other/history.csv"));
  EXPECT_EQ(history.rfind("epoch,loss,accuracy,val_loss,val_accuracy\n0,", 0), 0u) << history;
  EXPECT_NE(history.find("\n" + std::to_string(done) + ","), std::string::npos) << history;
}

}  // namespace
}  // namespace lamina
