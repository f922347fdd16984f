// A whole life on the command line: train, evaluate, predict, summary, run; and what the run leaves on disk.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/data/labelled_data.h"
#include "lamina/explain/classification.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/image/picture.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_images.h"

namespace lamina {
namespace {

using test::Outcome;

// One trained model for all tests of this file.
class Trained : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    test::write_tiny_images(folder_->path(), 600, 200);
    outcome_ = new Outcome(run({"train", "fashion-mnist", "--epochs", "3", "--batch-size", "32", "--out",
                                "m.keras", "--run-dir", "notes", "--json"}));
  }
  static void TearDownTestSuite() {
    delete outcome_;
    delete folder_;
  }
  static Outcome run(const std::vector<std::string>& arguments) {
    return test::run_lamina(folder_->path(), arguments,
                            {"LAMINA_DATA=" + folder_->path(), "OMP_WAIT_POLICY=passive"});
  }
  static std::string file(const std::string& name) { return *folder_ / name; }

  static test::TemporaryFolder* folder_;
  static Outcome* outcome_;
};
test::TemporaryFolder* Trained::folder_ = nullptr;
Outcome* Trained::outcome_ = nullptr;

TEST_F(Trained, PrintsAnObjectAnEpochAndALastOne) {
  ASSERT_EQ(outcome_->status, 0) << outcome_->err;
  const std::vector<std::string> lines = outcome_->lines();
  ASSERT_EQ(lines.size(), 4u);
  for (size_t i = 0; i < 3; ++i) {
    Json epoch = Json::parse(lines[i]);
    EXPECT_EQ(epoch.at("epoch").as_int(), static_cast<int64_t>(i) + 1);
    for (const char* key : {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}) {
      EXPECT_TRUE(epoch.at(key).is_number()) << key;
    }
  }
  Json last = Json::parse(lines[3]);
  EXPECT_TRUE(last.at("done").as_bool());
  EXPECT_EQ(last.at("model").as_string(), "m.keras");
  EXPECT_GT(last.at("metrics").at("accuracy").as_double(), 0.9);  // ten spots are easy to tell apart
  EXPECT_GT(last.at("seconds").as_double(), 0);
  EXPECT_NE(outcome_->err.find("Epoch 3/3"), std::string::npos);
}

TEST_F(Trained, LeavesHistoryAndReport) {
  const std::string history = read_file(file("notes/history.csv"));
  EXPECT_EQ(history.rfind("epoch,loss,accuracy,val_loss,val_accuracy\n0,", 0), 0u) << history;
  EXPECT_EQ(std::count(history.begin(), history.end(), '\n'), 4);
  const std::string report = read_file(file("notes/report.html"));
  EXPECT_EQ(report.find("http"), std::string::npos);
  for (const char* part : {"<svg", "Confusion matrix", "conv2d", "max_<wbr>pooling2d", "693,962", "Ankle boot",
                           "batch size", "oneDNN", "lamina train fashion-mnist"}) {
    EXPECT_NE(report.find(part), std::string::npos) << part;
  }
}

TEST_F(Trained, PredictsImageFilesOfAnySizeAndColour) {
  // One of the images that it was trained on, in grey; and in colour at twice its size.
  const Tensor images = load_data("fashion-mnist:train", {.folder = folder_->path() + "/fashion-mnist"}).x;
  Picture small = picture_of(images, 0), large{56, 56, 3, {}};
  for (size_t y = 0; y < 56; ++y) {
    for (size_t x = 0; x < 56; ++x)
      large.pixels.insert(large.pixels.end(), 3, small.pixels[y / 2 * 28 + x / 2]);
  }
  write_file(file("small.png"), encode_png(small));
  write_file(file("large.png"), encode_png(large));
  Outcome outcome = run({"predict", "m.keras", "small.png", "large.png", "fashion-mnist:train[0]", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::vector<std::string> lines = outcome.lines();
  ASSERT_EQ(lines.size(), 3u);
  const Json first = Json::parse(lines[0]), second = Json::parse(lines[1]), third = Json::parse(lines[2]);
  EXPECT_EQ(first.at("input").as_string(), "small.png");
  EXPECT_EQ(first.at("probabilities"), third.at("probabilities"));
  EXPECT_EQ(second.at("probabilities"), third.at("probabilities"));
  write_file(file("broken.png"), encode_png(small).substr(0, 60));
  outcome = run({"predict", "m.keras", "broken.png"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("lamina: error: 'broken.png' is a damaged PNG file"), std::string::npos)
      << outcome.err;
}

TEST_F(Trained, EvaluatesToWhatTrainingSaid) {
  Outcome outcome = run({"evaluate", "m.keras", "--data", "fashion-mnist:test", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Json found = Json::parse(outcome.out);
  EXPECT_EQ(found.at("samples").as_int(), 200);
  Json said = Json::parse(outcome_->lines().back()).at("metrics");
  EXPECT_DOUBLE_EQ(found.at("metrics").at("loss").as_double(), said.at("loss").as_double());
  EXPECT_DOUBLE_EQ(found.at("metrics").at("accuracy").as_double(), said.at("accuracy").as_double());
}

TEST_F(Trained, PredictsNamedSamples) {
  Outcome outcome = run({"predict", "m.keras", "fashion-mnist:test[3:6]", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  ASSERT_EQ(outcome.lines().size(), 3u);
  Json first = Json::parse(outcome.lines()[0]);
  EXPECT_EQ(first.at("input").as_string(), "fashion-mnist:test[3]");
  EXPECT_EQ(first.at("probabilities").size(), 10u);
  const int64_t label = first.at("class").as_int();
  EXPECT_EQ(first.at("probabilities").at(static_cast<size_t>(label)).as_double(),
            first.at("confidence").as_double());
  double sum = 0;
  for (const Json& p : first.at("probabilities").as_list()) sum += p.as_double();
  EXPECT_NEAR(sum, 1, 1e-5);

  Outcome drawn = run({"predict", "m.keras", "fashion-mnist:test[0:2]"});
  ASSERT_EQ(drawn.status, 0) << drawn.err;
  EXPECT_GT(drawn.lines().size(), 15u);
  EXPECT_NE(drawn.out.find("fashion-mnist:test[0]"), std::string::npos);
  EXPECT_EQ(drawn.out.find('\x1b'), std::string::npos);
}

TEST_F(Trained, PredictsArraysLikeTheSetsTheyCameFrom) {
  const std::string pixels = read_file(file("fashion-mnist/t10k-images-idx3-ubyte")).substr(16);
  write_npy(file("two.npy"), Tensor::from_bytes(pixels.data(), 2 * 784, DType::kUInt8, Shape{2, 28, 28}));
  write_npy(file("one.npy"), Tensor::from_bytes(pixels.data(), 784, DType::kUInt8, Shape{28, 28}));
  Outcome set = run({"predict", "m.keras", "fashion-mnist:test[0:2]", "--json"});
  Outcome arrays =
      run({"predict", "m.keras", "two.npy", "one.npy", "--labels", "a,b,c,d,e,f,g,h,i,j", "--json"});
  ASSERT_EQ(arrays.status, 0) << arrays.err;
  ASSERT_EQ(arrays.lines().size(), 3u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(Json::parse(arrays.lines()[i]).at("probabilities"),
              Json::parse(set.lines()[i]).at("probabilities"));
  }
  EXPECT_EQ(Json::parse(arrays.lines()[1]).at("input").as_string(), "two.npy[1]");
  Json one = Json::parse(arrays.lines()[2]);
  EXPECT_EQ(one.at("input").as_string(), "one.npy");
  EXPECT_EQ(one.at("label").as_string(), std::string(1, static_cast<char>('a' + one.at("class").as_int())));
}

TEST_F(Trained, SummaryCountsParametersAndFlops) {
  Outcome outcome = run({"summary", "m.keras", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Json found = Json::parse(outcome.out);
  EXPECT_EQ(found.at("params").as_int(), 693962);
  for (const Json& layer : found.at("layers").as_list()) {
    if (layer.at("name").as_string() == "conv2d") {
      // 26 x 26 positions, 32 filters of 3 x 3 x 1: two operations each, one for the bias and one for relu.
      EXPECT_EQ(layer.at("flops").as_int(), 26 * 26 * 32 * (2 * 9 + 1 + 1));
      EXPECT_EQ(layer.at("bytes").as_int(), 320 * 4);
      EXPECT_EQ(layer.at("output_shape").dump(), "[null, 26, 26, 32]");
    }
    if (layer.at("name").as_string() == "dense") {
      EXPECT_EQ(layer.at("flops").as_int(), 128 * (2 * 5408 + 1 + 1));
    }
  }
  Outcome text = run({"summary", "m.keras"});
  EXPECT_NE(text.out.find("Total params"), std::string::npos);
  // Two convolutional and two dense layers, four of pooling's pixels, and softmax.
  const int64_t all =
      26 * 26 * 32 * 20 + 13 * 13 * 32 * 4 + 128 * (2 * 5408 + 2) + 10 * (2 * 128 + 1) + 5 * 10;
  EXPECT_EQ(found.at("flops").as_int(), all);
  EXPECT_NE(text.out.find("FLOPs of one sample: 1,841,596"), std::string::npos) << text.out;
}

TEST_F(Trained, RunFeedsRawTensors) {
  write_npy(file("x.npy"), Tensor::from(std::vector<float>(3 * 784, 0.5f), Shape{3, 28, 28, 1}));
  Outcome outcome = run({"run", "m.keras", "--input", "x.npy", "--output", "answers", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Json output = Json::parse(outcome.out).at("outputs").at(size_t{0});
  EXPECT_EQ(output.at("shape").dump(), "[3, 10]");
  EXPECT_EQ(output.at("dtype").as_string(), "float32");
  Tensor y = read_npy(file(output.at("file").as_string()));
  EXPECT_EQ(y.shape(), (Shape{3, 10}));
  write_npy(file("flat.npy"), Tensor::from(std::vector<float>(100), Shape{1, 100}));
  Outcome wrong = run({"run", "m.keras", "--input", "flat.npy", "--output", "answers"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.err.find("(None, 100)"), std::string::npos) << wrong.err;
  EXPECT_EQ(run({"run", "m.keras", "--input", "nobody=x.npy", "--output", "answers"}).status, 1);
}

TEST_F(Trained, FineTunesASavedModel) {
  Outcome outcome = run({"train", "m.keras", "--data", "fashion-mnist", "--epochs", "1", "--out",
                         "tuned.keras", "--run-dir", "tuning", "--json", "--quiet"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_GT(Json::parse(outcome.lines().back()).at("metrics").at("accuracy").as_double(), 0.9);
  EXPECT_TRUE(std::filesystem::exists(file("tuned.keras")));
}

TEST_F(Trained, QuietIsSilent) {
  Outcome outcome = run(
      {"train", "fashion-mnist", "--epochs", "1", "--limit-samples", "64", "--out", "q.keras", "--quiet"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "");
  bool found = false;  // runs/fashion-mnist-DATE-1 by itself
  for (const auto& entry : std::filesystem::directory_iterator(file("runs"))) {
    found = found || (entry.path().filename().string().rfind("fashion-mnist-", 0) == 0 &&
                      std::filesystem::exists(entry.path() / "report.html"));
  }
  EXPECT_TRUE(found);
}

TEST_F(Trained, ValidationSplitLeavesTheTestSetForTheEnd) {
  Outcome outcome = run({"train", "fashion-mnist", "--epochs", "1", "--validation-split", "0.25",
                         "--batch-size", "50", "--out", "v.keras", "--run-dir", "split", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Json::parse(outcome.lines()[0]).contains("val_loss"));
  EXPECT_EQ(Json::parse(outcome.lines()[1]).at("metrics_of").as_string(), "test");
}

TEST_F(Trained, SaysWhereTheLossStoppedBeingANumber) {
  std::vector<float> x(64 * 784, 0.5f), y(64 * 10, 0.0f);
  for (size_t i = 0; i < 64; ++i) y[i * 10 + i % 10] = 1;
  x[40 * 784] = std::numeric_limits<float>::quiet_NaN();
  write_npz(file("nan.npz"),
            {{"x", Tensor::from(x, Shape{64, 28, 28, 1})}, {"y", Tensor::from(y, Shape{64, 10})}});
  // One batch of all samples: the first step meets it, whatever the order.
  std::vector<std::string> words = {"train", "m.keras", "--data",  "nan.npz", "--batch-size",
                                    "64",    "--out",   "n.keras", "--quiet"};
  words.push_back("--stop-on-nan");
  Outcome stopped = run(words);
  EXPECT_EQ(stopped.status, 1);
  EXPECT_NE(stopped.err.find("lamina: error: the loss is not finite since step 1 of epoch 1"),
            std::string::npos)
      << stopped.err;
  EXPECT_FALSE(std::filesystem::exists(file("n.keras")));
  words.back() = "--json";
  Outcome warned = run(words);
  EXPECT_EQ(warned.status, 1);
  EXPECT_NE(warned.err.find("step 1 of epoch 1"), std::string::npos) << warned.err;
  EXPECT_TRUE(Json::parse(warned.lines()[0]).at("loss").is_null());
}

void expect_failure(const Outcome& outcome, const std::string& words) {
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err.rfind("lamina: error: ", 0), 0u) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
}

TEST_F(Trained, BadInputFailsInOneLine) {
  expect_failure(run({"train", "fashion-mnist", "--out", "nowhere/m.keras", "--json"}), "nowhere");
  expect_failure(run({"train", "fashion-mnist", "--out", "m.keras", "--run-dir", "m.keras", "--json"}),
                 "m.keras");
  expect_failure(run({"train", "fashion-mnist", "--data", "fashon-mnist", "--json"}), "fashion-mnist");
  expect_failure(run({"evaluate", "m.keras", "--data", "missing.npz"}), "missing.npz");
  expect_failure(run({"evaluate", "m.keras", "--data", "fashion-mnist:tset"}), "tset");
  expect_failure(run({"predict", "m.keras", "fashion-mnist:test[190:300]"}), "200");
  expect_failure(run({"predict", "m.keras", "cat.jpg"}), "cat.jpg");
  expect_failure(run({"predict", "m.keras", "cat.webp"}), "cat.webp");
  expect_failure(run({"predict", "m.keras", "missing.npy"}), "missing.npy");
  write_file(file("broken.keras"), "PK not really");
  expect_failure(run({"summary", "broken.keras"}), "broken.keras");
  write_npy(file("text.npy"), Tensor::from(std::vector<float>(64), Shape{1, 8, 8, 1}));
  expect_failure(run({"predict", "m.keras", "text.npy"}), "(None, 8, 8, 1)");
}

TEST(TrainBadData, TruncatedAndMislabelledSetsAreRefused) {
  test::TemporaryFolder folder;
  test::write_tiny_images(folder.path(), 40, 20);
  const std::string images = folder / "fashion-mnist/train-images-idx3-ubyte";
  const std::string labels = folder / "fashion-mnist/train-labels-idx1-ubyte";
  auto run = [&] {
    return test::run_lamina(folder.path(), {"train", "fashion-mnist", "--out", "m.keras", "--epochs", "1"},
                            {"LAMINA_DATA=" + folder.path()});
  };
  const std::string good_images = read_file(images), good_labels = read_file(labels);
  write_file(images, good_images.substr(0, 5000));
  expect_failure(run(), "train-images");
  write_file(images, "not an idx file at all");
  expect_failure(run(), "train-images");
  write_file(images, good_images);
  std::string bad = good_labels;
  bad[20] = 77;
  write_file(labels, bad);
  expect_failure(run(), "77");
  write_file(labels, good_labels.substr(0, 4) + std::string("\0\0\0\x05", 4) + good_labels.substr(8, 5));
  expect_failure(run(), "40");  // images but 5 labels
  EXPECT_FALSE(std::filesystem::exists(folder / "m.keras"));
}

}  // namespace
}  // namespace lamina
