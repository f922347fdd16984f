// A model's file alone, in an empty folder, answers raw input with names: what it needs travels with it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/npy.h"
#include "lamina/image/picture.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/flatten.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "tests/support/golden.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class Alone : public ::testing::Test {
 protected:
  Json ask(std::vector<std::string> words) const {
    words.insert(words.begin(), "predict");
    words.push_back("--json");
    const test::Outcome outcome = test::run_lamina(folder_.path(), words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return Json::parse(outcome.lines().at(0));
  }
  std::string refusal(std::vector<std::string> words) const {
    words.insert(words.begin(), "predict");
    const test::Outcome outcome = test::run_lamina(folder_.path(), words);
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    return outcome.err;
  }
  /// Leaves one model in the folder, converted.
  void convert(const std::string& from, const std::string& to) const {
    const test::Outcome outcome = test::run_lamina(folder_.path(), {"convert", from, to});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    std::filesystem::remove(folder_ / from);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Alone, PicturesAreNamedByFilesOfEveryFormat) {
  Sequential model({Input({8, 8, 3}), Flatten(), Dense(2, {.activation = "softmax"})}, {.seed = 3});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  model.set_data_info({.class_names = {"cat", "dog"}, .scale = PixelScale::kUnit});
  Picture picture{.height = 8, .width = 8, .channels = 3, .pixels = std::vector<uint8_t>(8 * 8 * 3, 90)};
  for (size_t i = 0; i < picture.pixels.size(); i += 5) picture.pixels[i] = static_cast<uint8_t>(i);
  write_file(folder_ / "pet.png", encode_png(picture));
  model.save(folder_ / "a.keras");
  const Json expected = ask({"a.keras", "pet.png"});
  std::string before = "a.keras";
  for (const char* file : {"a.h5", "a.safetensors", "a.npz", "a.gguf", "b.keras", "a.onnx"}) {
    SCOPED_TRACE(file);
    convert(before, file);
    const Json told = ask({file, "pet.png"});
    EXPECT_EQ(told.at("label"), expected.at("label"));
    // A graph of ONNX does not say that its outputs are probabilities.
    if (std::string(file) != "a.onnx") {
      EXPECT_NEAR(told.at("confidence").as_double(), expected.at("confidence").as_double(), 1e-5);
    }
    before = file;
  }
  model.save(folder_ / "a.tflite");
  EXPECT_EQ(ask({"a.tflite", "pet.png"}).at("label"), expected.at("label"));
}

TEST_F(Alone, WeightsThatSayNoModelAreNoModel) {
  write_npy(folder_ / "x.npy", Tensor::from<float>({1, 2}, {1, 2}));
  EXPECT_NE(refusal({"x.npy", "x.npy"}).find("no model format"), std::string::npos);
}

TEST_F(Alone, TextsAreTakenAtSeveralInputs) {
  std::filesystem::copy(test::golden_path("formats/text_inputs/several.keras"), folder_ / "several.keras");
  const test::Golden golden("formats/text_inputs/several");
  const std::vector<float> ages = golden.at("age").to_vector<float>(), outputs = golden.at("output").to_vector<float>();
  write_npy(folder_ / "age.npy", Tensor::from(std::vector<float>(ages.begin(), ages.begin() + 2), {1, 2}));
  const auto first = [&](const std::string& name) { return golden.json(name).as_list().at(0).as_string(); };
  write_file(folder_ / "body.txt", first("body") + "\n");
  const std::vector<std::string> words{"several.keras", "title=" + first("title"), "tag=" + first("tag"), "age=age.npy", "body=body.txt"};
  const Json told = ask(words);
  for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(told.at("output").at(i).as_double(), outputs.at(i), 1e-5);
  EXPECT_NE(refusal({words.begin(), words.end() - 1}).find("takes 4 inputs"), std::string::npos);
  EXPECT_NE(refusal({"several.keras", "title=a", "tag=b", "age=age.npy", "body=age.npy"}).find("input 'body' takes texts"), std::string::npos);
  EXPECT_NE(refusal({"several.keras", "title=a", "tag=b", "age=none.npy", "body=c"}).find("none.npy"), std::string::npos);
}

}  // namespace
}  // namespace lamina
