// lamina train RECIPE --from MODEL: another network's features, of ONNX and of Keras, and what is told about them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/image/picture.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "tests/support/onnx_bytes.h"
#include "tests/support/program.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

std::vector<float> waves(size_t count, float step) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = 0.5f * std::sin(step * static_cast<float>(i + 1));
  return values;
}

// A network for pictures of 16x16, channels first, made for one sample: a convolution, a mean, ten classes.
std::string onnx_network(const std::vector<test::Message>& metadata = {}) {
  test::OnnxGraphParts parts;
  parts.initializers = {test::onnx_floats("kernel", {6, 3, 3, 3}, waves(6 * 3 * 3 * 3, 1.3f)),
                        test::onnx_floats("bias", {6}, waves(6, 0.7f)),
                        test::onnx_floats("head", {6, 10}, waves(60, 0.9f)),
                        test::onnx_floats("head_bias", {10}, waves(10, 0.4f))};
  parts.nodes = {test::onnx_node("Conv", {"x", "kernel", "bias"}, {"conv"}), test::onnx_node("Relu", {"conv"}, {"relu"}),
                 test::onnx_node("GlobalAveragePool", {"relu"}, {"pool"}), test::onnx_node("Flatten", {"pool"}, {"row"}),
                 test::onnx_node("Gemm", {"row", "head", "head_bias"}, {"logits"})};
  parts.inputs = {test::onnx_value("x", {1, 3, 16, 16})};
  parts.outputs = {test::onnx_value("logits", {1, 10})};
  std::string bytes = test::onnx_model(parts);
  for (const test::Message& each : metadata) bytes += test::Message().message(14, each).str();
  return bytes;
}

class Transfer : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 20; ++i) {
      picture("pets/train/cats/" + std::to_string(i) + ".png", i, 0);
      picture("pets/train/dogs/" + std::to_string(i) + ".png", i, 2);
      if (i < 6) picture("pets/test/cats/" + std::to_string(i) + ".png", 100 + i, 0);
      if (i < 6) picture("pets/test/dogs/" + std::to_string(i) + ".png", 100 + i, 2);
    }
    write_file(folder_ / "net.onnx", onnx_network());
  }
  // 20x18 pixels of noise, brighter in one channel.
  void picture(const std::string& name, int seed, int channel) const {
    Picture picture{.height = 20, .width = 18, .channels = 3, .pixels = {}};
    uint32_t state = static_cast<uint32_t>(seed * 7 + channel + 1);
    for (int i = 0; i < 20 * 18 * 3; ++i) {
      state = state * 1664525u + 1013904223u;
      picture.pixels.push_back(static_cast<uint8_t>((state >> 25) + (i % 3 == channel ? 120 : 0)));
    }
    fs::create_directories(fs::path(folder_ / name).parent_path());
    write_file(folder_ / name, encode_png(picture));
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments, {"OMP_WAIT_POLICY=passive"});
  }
  void expect_error(const std::vector<std::string>& words, const std::string& part, int status = 1) const {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
  test::TemporaryFolder folder_;
};

TEST_F(Transfer, AnOnnxFilesFeaturesTellOtherClassesApart) {
  const Outcome trained = run({"train", "cats-dogs", "--from", "net.onnx", "--data", "pets", "--epochs", "1", "--json",
                               "--head-epochs", "400", "--run-dir", "notes"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.err.find("the features 'row', of pictures of 16x16"), std::string::npos) << trained.err;
  EXPECT_NE(trained.err.find("does not say how its pictures are scaled: taken is 'imagenet'"), std::string::npos);
  const Json last = Json::parse(trained.lines().back());
  EXPECT_EQ(last.at("metrics_of").as_string(), "test");
  EXPECT_EQ(last.at("metrics").at("accuracy").as_double(), 1);
  // All that the network needs is in the file.
  picture("new.png", 999, 2);
  fs::remove(folder_ / "net.onnx");
  const Outcome said = run({"predict", "cats-dogs.keras", "new.png", "--json"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(Json::parse(said.out).at("label").as_string(), "dogs");
  EXPECT_EQ(said.err, "");
}

TEST_F(Transfer, AResumedTrainingEndsAsOneThatWentThrough) {
  const std::vector<std::string> words{"train", "cats-dogs", "--from", "net.onnx", "--data", "pets", "--normalize", "0..1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return run(more);
  };
  ASSERT_EQ(with({"--epochs", "2", "--out", "a.keras"}).status, 0);
  const Outcome begun = with({"--epochs", "1", "--out", "b.keras"});
  ASSERT_EQ(begun.status, 0) << begun.err;
  const Outcome resumed = with({"--epochs", "2", "--out", "b.keras", "--resume"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  const Outcome same = run({"diff", "a.keras", "b.keras", "--json"});
  EXPECT_TRUE(Json::parse(same.out).at("identical").as_bool()) << same.out;
  const Outcome other = with({"--epochs", "3", "--out", "b.keras", "--resume", "--features", "relu"});
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("this is not the training"), std::string::npos) << other.err;
}

TEST_F(Transfer, FeaturesAndScaleMayBeNamed) {
  const Outcome places = run({"train", "photos", "--from", "net.onnx", "--data", "pets", "--epochs", "1", "--features",
                              "relu", "--normalize", "caffe"});
  ASSERT_EQ(places.status, 0) << places.err;
  EXPECT_NE(places.out.find("the features 'relu', of pictures of 16x16, blue first"), std::string::npos) << places.out;
  EXPECT_EQ(places.err, "");
  expect_error({"train", "photos", "--from", "net.onnx", "--data", "pets", "--features", "relo", "--overwrite"},
               "did you mean 'relu'?");
  expect_error({"train", "photos", "--from", "net.onnx", "--data", "pets", "--normalize", "imagenett", "--overwrite"},
               "did you mean 'imagenet'?");
}

TEST_F(Transfer, WhatTheFileSaysOfItsPicturesCounts) {
  write_file(folder_ / "net.onnx",
             onnx_network({test::Message().bytes(1, "Image.NominalPixelRange").bytes(2, "Normalized_1_1"),
                           test::Message().bytes(1, "Image.BitmapPixelFormat").bytes(2, "Bgr8")}));
  const Outcome trained = run({"train", "cats-dogs", "--from", "net.onnx", "--data", "pets", "--epochs", "1"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.out.find("blue first; their scale is told by its metadata"), std::string::npos) << trained.out;
  EXPECT_EQ(trained.err, "");
}

TEST_F(Transfer, AKerasModelWithBatchNormalizationKeepsItsStatistics) {
  Sequential inner({Input({16, 16, 3}), Rescaling(1 / 255.0, {.name = "scaled"}), Conv2D(6, 3, {.name = "conv"}),
                    BatchNormalization({.name = "normal"}), ReLU(), GlobalAveragePooling2D({.name = "pool"}),
                    Dense(5, {.name = "head"})},
                   {.seed = 3});
  inner.save(folder_ / "net.keras");
  const Outcome trained = run({"train", "cats-dogs", "--from", "net.keras", "--data", "pets", "--epochs", "1"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.out.find("the features 'pool', of pictures of 16x16; their scale is told by its layer 'scaled'"),
            std::string::npos)
      << trained.out;
  EXPECT_EQ(trained.err, "");
  const Model before = load_model(folder_ / "net.keras"), after = load_model(folder_ / "cats-dogs.keras");
  const auto value = [](const Model& model, const std::string& name) {
    for (const WeightPtr& weight : model.weights()) {
      if (weight->path.ends_with(name)) return weight->value.to_vector<float>();
    }
    ADD_FAILURE() << "no " << name;
    return std::vector<float>();
  };
  EXPECT_EQ(value(before, "normal/moving_mean"), value(after, "normal/moving_mean"));
  EXPECT_EQ(value(before, "normal/gamma"), value(after, "normal/gamma"));
  EXPECT_NE(value(before, "conv/kernel"), value(after, "conv/kernel"));  // unfrozen
}

TEST_F(Transfer, SaysWhatItCannotDo) {
  const auto with = [&](const std::string& from, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"train", "cats-dogs", "--from", from, "--data", "pets"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  expect_error(with("nothing.onnx"), "nothing.onnx");
  write_file(folder_ / "damaged.onnx", onnx_network().substr(0, 300));
  expect_error(with("damaged.onnx"), "damaged.onnx");
  Sequential({Input({8}), Dense(4), Dense(2)}).save(folder_ / "rows.keras");
  expect_error(with("rows.keras"), "takes inputs of shape (None, 8); pictures are");
  Sequential({Input({8, 8, 3}), Flatten()}).save(folder_ / "flat.keras");
  expect_error(with("flat.keras"), "nobody can say where its head begins");
  expect_error({"train", "imdb", "--from", "net.onnx"}, "--from", 2);
  expect_error({"train", "cats-dogs", "--data", "pets", "--features", "relu"}, "--features", 2);
  expect_error({"train", "cats-dogs", "--data", "pets", "--learning-rate", "0.1"}, "--learning-rate", 2);
  expect_error({"train", "cats-dogs", "--data", "pets", "--categorical", "a"}, "--categorical", 2);
}

TEST_F(Transfer, WithoutTheFileNothingElseChanges) {
  EXPECT_EQ(run({"train", "cats-dogs-64", "--data", "pets", "--epochs", "1"}).status, 0);
}

TEST_F(Transfer, ARealNetworkReadsASliceOfCatsAndDogs) {
  const std::string network = test::shared_file("models/mobilenetv2-imagenet-int8w/mobilenet_v2_int8weights.onnx");
  const std::string photos = test::shared_data("cats_dogs");
  if (network.empty() || photos.empty()) GTEST_SKIP() << "the shared files are not here";
  for (const char* part : {"train", "test"}) {
    for (const std::string& kind : {std::string("cats"), std::string("dogs")}) {
      const fs::path to = folder_ / ("slice/" + std::string(part) + "/" + kind);
      fs::create_directories(to);
      std::vector<fs::path> files;
      for (const auto& entry : fs::directory_iterator(photos + "/" + part + "/" + kind)) files.push_back(entry.path());
      std::sort(files.begin(), files.end());
      for (size_t i = 0; i < 12; ++i) fs::copy_file(files.at(i), to / files[i].filename());
    }
  }
  const Outcome trained = run({"train", "cats-dogs", "--from", network, "--data", "slice", "--epochs", "1", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_GE(Json::parse(trained.lines().back()).at("metrics").at("accuracy").as_double(), 0.75) << trained.out;
}

}  // namespace
}  // namespace lamina
