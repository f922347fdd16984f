// Floats where integers are meant: what is no index is an error, not row 0.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

void expect_message(const std::function<void()>& action, const std::vector<std::string>& words) {
  const std::string message = test::message_of<InvalidArgument>(action);
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << message << "\nlacks " << word;
}

TEST(IndexInputs, FloatsThatAreNoIndexAreRefusedByAnEmbedding) {
  const Embedding embedding(4, 2);
  for (const float bad : {kNaN, kInf, -kInf, 1.5f, 3e9f, -3e9f}) {
    expect_message(
        [&] {
          embedding(Tensor::from(std::vector<float>{1, 2, 3, bad}, {2, 2})).eval();
        },
        {"(1, 1)", "no index", "int32"});
  }
  expect_message([&] { embedding(Tensor::from(std::vector<float>{4}, {1, 1})).eval(); }, {"id 4", "0 to 3"});
}

TEST(IndexInputs, WholeFloatsAreIdsOfAnEmbedding) {
  const Embedding embedding(4, 2);
  const Tensor floats = embedding(Tensor::from(std::vector<float>{3, 0, -0.0f, 1}, {2, 2}));
  const Tensor integers = embedding(Tensor::from(std::vector<int32_t>{3, 0, 0, 1}, {2, 2}));
  EXPECT_EQ(floats.to_vector<float>(), integers.to_vector<float>());
  const Tensor doubles = embedding(Tensor::from(std::vector<double>{3, 0, 0, 1}, {2, 2}));
  EXPECT_EQ(doubles.to_vector<float>(), integers.to_vector<float>());
}

// keras.Sequential([Input((2,), dtype="uint8"), Dense(1, kernel_initializer="ones")]).predict([[1.9, 254.5],
// ...]) casts, which cuts fractions off.
TEST(IndexInputs, NumbersThatAreNoIdsLoseTheirFractionsAloud) {
  for (const bool flat : {false, true}) {
    std::vector<AnyLayer> layers{Input({2}, {.dtype = DType::kUInt8})};
    if (flat) layers.emplace_back(Flatten());
    layers.emplace_back(Dense(1, {.kernel_initializer = "ones"}));
    Sequential model(layers);
    {
      const test::Told log;
      const Tensor y = model.predict(Tensor::from(std::vector<float>{1.9f, 254.5f, -0.5f, 3}, {2, 2}));
      EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{255, 3}));
      EXPECT_NE(log.text().find("fractions are cut off, as in Keras (the first: 1.8999"), std::string::npos)
          << log.text();
    }
    const test::Told log;
    EXPECT_EQ(model.predict(Tensor::from(std::vector<float>{1, 255}, {1, 2})).to_vector<float>()[0], 256);
    EXPECT_EQ(log.text(), "");
    for (const float bad : {kNaN, kInf, -kInf, -1.0f, 256.0f}) {
      expect_message(
          [&] {
            model.predict(Tensor::from(std::vector<float>{1, bad}, {1, 2}));
          },
          {"input 'input_layer", "does not fit its dtype, uint8"});
    }
  }
}

TEST(IndexInputs, ModelsRefuseThemWhereverTheyComeIn) {
  const Tensor bad = Tensor::from(std::vector<float>{1, kNaN}, {2, 1});
  const Tensor y = Tensor::from(std::vector<float>{0, 1}, {2, 1});
  for (const DType dtype : {DType::kFloat32, DType::kInt32}) {
    Sequential model({Input({1}, {.dtype = dtype}), Embedding(4, 2), Flatten(), Dense(1)}, {.seed = 1});
    model.compile({.optimizer = "sgd", .loss = "mse"});
    for (const auto& action : std::vector<std::function<void()>>{
             [&] { model.predict(bad); }, [&] { model.predict_on_batch(bad); }, [&] { model(bad).eval(); },
             [&] { model.evaluate(bad, y, {.verbose = 0}); }, [&] { model.fit(bad, y, {.verbose = 0}); }})
      expect_message(action, {"(1, 0)", "no index"});
    const Tensor good = Tensor::from(std::vector<float>{1, 3}, {2, 1});
    EXPECT_EQ(model.predict(good).to_vector<float>(),
              model.predict(Tensor::from(std::vector<int32_t>{1, 3}, {2, 1})).to_vector<float>());
    EXPECT_NO_THROW(model.fit(good, y, {.verbose = 0}));
  }
}

TEST(IndexInputs, IntegersAreNotLookedAtTwice) {
  Sequential model({Input({3}, {.dtype = DType::kInt32}), Embedding(4, 2)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor ids = Tensor::from(std::vector<int32_t>{1, 2, 3}, {1, 3});
  EXPECT_EQ(model.train_graph(ids, model.predict(ids)).find("to_index"), std::string::npos);
}

TEST(IndexInputs, LabelsThatAreNoneAreFoundBeforeTraining) {
  Sequential model({Input({2}), Dense(3)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2});
  for (const float bad : {kNaN, kInf, 0.5f, -1.0f, 3.0f}) {
    expect_message(
        [&] {
          model.fit(x, Tensor::from(std::vector<float>{0, bad}, {2, 1}), {.verbose = 0});
        },
        {"label number 1", "integers in 0..2"});
  }
}

}  // namespace
}  // namespace lamina
