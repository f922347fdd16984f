// Reading a model's outputs: probabilities, confusion, mistakes, pictures.
#include "lamina/explain/classification.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/crossentropy.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Sequential model_with(int outputs, const char* activation) {
  return Sequential({Input({3}), Dense(outputs, {.activation = activation})}, {.seed = 1});
}

TEST(OutputKind, FollowsLossAndActivation) {
  EXPECT_EQ(output_kind(model_with(3, "softmax")), OutputKind::kClasses);
  EXPECT_EQ(output_kind(model_with(1, "sigmoid")), OutputKind::kBinary);
  EXPECT_EQ(output_kind(model_with(1, "linear")), OutputKind::kValues);
  Sequential logits = model_with(3, "linear");
  logits.compile({.optimizer = "sgd", .loss = SparseCategoricalCrossentropy({.from_logits = true})});
  EXPECT_EQ(output_kind(logits), OutputKind::kClassLogits);
  Sequential binary = model_with(1, "linear");
  binary.compile({.optimizer = "sgd", .loss = BinaryCrossentropy({.from_logits = true})});
  EXPECT_EQ(output_kind(binary), OutputKind::kBinaryLogits);
  Sequential numbers = model_with(1, "linear");
  numbers.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_EQ(output_kind(numbers), OutputKind::kValues);
}

// A graph of a file has no last layer to ask. Probabilities that go through softmax again keep their order and lose their
// meaning.
TEST(OutputKind, IsFoundInGraphsOfFiles) {
  const test::TemporaryFolder folder;
  for (const char* file : {"model.onnx", "model.tflite"}) {
    const std::string path = folder / file;
    const auto loaded = [&](int outputs, const char* activation) {
      model_with(outputs, activation).save(path);
      return load_model(path);
    };
    EXPECT_EQ(output_kind(loaded(3, "softmax")), OutputKind::kClasses) << file;
    EXPECT_EQ(output_kind(loaded(1, "sigmoid")), OutputKind::kBinary) << file;
    EXPECT_EQ(output_kind(loaded(3, "linear")), OutputKind::kValues) << file;
    Model named = loaded(3, "linear");
    DataInfo info;
    info.class_names = {"a", "b", "c"};
    named.set_data_info(info);
    EXPECT_EQ(output_kind(named), OutputKind::kClassLogits) << file;
  }
  const Sequential reshaped({Input({1, 4}), Dense(3, {.activation = "softmax"}), Reshape({3})}, {.seed = 1});
  EXPECT_EQ(output_kind(reshaped), OutputKind::kClasses);
}

TEST(ClassProbabilities, NormalisesLogits) {
  auto rows = class_probabilities(Tensor::from(std::vector<float>{1000, 1000, 0, 0}, Shape{2, 2}),
                                  OutputKind::kClassLogits);
  EXPECT_FLOAT_EQ(rows[0][0], 0.5f);
  EXPECT_FLOAT_EQ(rows[1][1], 0.5f);
  rows = class_probabilities(Tensor::from(std::vector<float>{0, 2}, Shape{2, 1}), OutputKind::kBinaryLogits);
  EXPECT_FLOAT_EQ(rows[0][1], 0.5f);
  EXPECT_FLOAT_EQ(rows[1][1], 1 / (1 + std::exp(-2.0f)));
  EXPECT_FLOAT_EQ(rows[1][0] + rows[1][1], 1);
  EXPECT_THROW(class_probabilities(Tensor::from({1.0f}), OutputKind::kValues), InvalidArgument);
}

TEST(Classify, CountsConfusionAndSortsMistakes) {
  Tensor outputs = Tensor::from(std::vector<float>{.9f, .1f, .2f, .8f, .3f, .7f, .05f, .95f}, Shape{4, 2});
  Classification by_number =
      classify(outputs, Tensor::from(std::vector<int32_t>{0, 1, 0, 0}, Shape{4}), OutputKind::kClasses);
  EXPECT_EQ(by_number.confusion(), (std::vector<std::vector<int64_t>>{{1, 2}, {0, 1}}));
  EXPECT_EQ(by_number.worst_mistakes(5), (std::vector<size_t>{3, 2}));
  EXPECT_EQ(by_number.worst_mistakes(1), (std::vector<size_t>{3}));
  Classification one_hot = classify(
      outputs, Tensor::from(std::vector<float>{1, 0, 0, 1, 1, 0, 1, 0}, Shape{4, 2}), OutputKind::kClasses);
  EXPECT_EQ(one_hot.expected, by_number.expected);
  EXPECT_THROW(
      classify(outputs, Tensor::from(std::vector<int32_t>{0, 1, 2, 0}, Shape{4}), OutputKind::kClasses),
      InvalidArgument);
  EXPECT_THROW(classify(outputs, Tensor::from(std::vector<int32_t>{0, 1}, Shape{2}), OutputKind::kClasses),
               InvalidArgument);
}

TEST(PictureOf, TakesOneSampleOfABatch) {
  Tensor bytes = Tensor::from(std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 7, 8}, Shape{2, 2, 2, 1});
  EXPECT_EQ(picture_of(bytes, 1).pixels, (std::vector<uint8_t>{5, 6, 7, 8}));
  Tensor floats = Tensor::from(std::vector<float>{0, 1, 0.5f, 2}, Shape{1, 2, 2});
  EXPECT_EQ(picture_of(floats, 0).pixels, (std::vector<uint8_t>{0, 255, 128, 255}));
  Tensor doubles = Tensor::from(std::vector<double>{0, 0, 0, 0, 0, 1, 0.5, 2}, Shape{2, 2, 2});
  EXPECT_EQ(picture_of(doubles, 1).pixels, (std::vector<uint8_t>{0, 255, 128, 255}));
  Tensor integers = Tensor::from(std::vector<int32_t>{0, 51, 255, 256}, Shape{1, 2, 2});
  EXPECT_EQ(picture_of(integers, 0).pixels, (std::vector<uint8_t>{0, 51, 255, 255}));
  EXPECT_THROW(picture_of(bytes, 2), InvalidArgument);
  EXPECT_THROW(picture_of(Tensor::from(std::vector<float>(8), Shape{1, 2, 2, 2}), 0), InvalidArgument);
}

TEST(Classify, NanIsNoClass) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor outputs = Tensor::from<float>({{0.2f, 0.8f}, {nan, nan}});
  try {
    classify(outputs, Tensor::from<int32_t>({1, 0}), OutputKind::kClasses);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("sample 1 are NaN"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace lamina
