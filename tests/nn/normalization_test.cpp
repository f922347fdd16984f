// Normalization beside Keras's numbers (the goldens of layers_golden_test): what it learns, keeps and
// refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(Normalization, LearnsFromSamples) {
  // Prices of a hundred thousand, of which float32 sums would lose digits.
  std::vector<float> values;
  for (int i = 0; i < 20000; ++i) {
    values.push_back(300000.0f + static_cast<float>(i % 2));
    values.push_back(static_cast<float>(i % 4));
    values.push_back(7);  // does not vary
  }
  Normalization normalization;
  normalization.adapt(Tensor::from(values, {20000, 3}));
  const std::vector<WeightPtr> weights = normalization.weights();
  ASSERT_EQ(weights.size(), 3u);
  EXPECT_EQ(weights[0]->value.to_vector<float>(), (std::vector<float>{300000.5f, 1.5f, 7}));
  EXPECT_EQ(weights[1]->value.to_vector<float>(), (std::vector<float>{0.25f, 1.25f, 0}));
  const Tensor y = normalization(Tensor::from<float>({300001, 1.5f, 7}, {1, 3}));
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 0, 0}));
  normalization.adapt(Tensor::from<float>({1, 1, 1, 3, 3, 3}, {2, 3}));  // forgets the first
  EXPECT_EQ(weights[0]->value.to_vector<float>(), (std::vector<float>{2, 2, 2}));
}

TEST(Normalization, OneMeanForAllAndOneForEach) {
  Normalization all({.axis = NormalizationAxes(std::initializer_list<int>{})});
  all.adapt(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3}));
  EXPECT_EQ(all.weights()[0]->value.item<float>(), 3.5f);
  Normalization inverse({.invert = true});
  inverse.adapt(Tensor::from<float>({0, 7, 4, 2, 9, 6, 0, 7, 4, 2, 9, 6}, {4, 3}));
  EXPECT_EQ(inverse(Tensor::from<float>({1, 2, 3}, {1, 3})).to_vector<float>(),
            (std::vector<float>{2, 10, 8}));  // the example of Keras's documentation
}

TEST(Normalization, IsNotTrained) {
  Normalization normalization;
  const Tensor x = Tensor::from<float>({1, 2, 3, 6}, {4, 1});
  normalization.adapt(x);
  Sequential model({Input({1}), normalization, Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "adam", .loss = "mean_squared_error"});
  model.fit(x, x * 2.0, {.epochs = 3, .verbose = 0});
  EXPECT_EQ(model.weights()[0]->value.item<float>(), 3.0f);
  EXPECT_EQ(model.weights(true).size(), 2u);
}

TEST(Normalization, RefusesWhatCannotBe) {
  const auto says = [](auto&& work) { return test::message_of<InvalidArgument>(work); };
  const Tensor two = Tensor::from<float>({1, 2}, {2});
  EXPECT_NE(says([&] { Normalization({.mean = two}); }).find("variance is missing"), std::string::npos);
  EXPECT_NE(says([&] {
              Normalization({.mean = two, .variance = Tensor::from<float>({1}, {1})});
            }).find("must have one shape"),
            std::string::npos);
  EXPECT_NE(says([&] {
              Normalization(
                  {.axis = NormalizationAxes(std::initializer_list<int>{}), .mean = two, .variance = two});
            }).find("0 axes at most"),
            std::string::npos);
  EXPECT_NE(says([&] {
              Normalization({.axis = 3})(Tensor::from<float>({1, 2}, {1, 2}));
            }).find("axis 3 is no axis"),
            std::string::npos);
  EXPECT_NE(says([&] {
              Normalization({.mean = two, .variance = two})(Tensor::from<float>({1, 2, 3}, {1, 3}));
            }).find("has a mean of shape"),
            std::string::npos);
  Normalization given({.mean = two, .variance = two});
  EXPECT_NE(says([&] {
              given.adapt(Tensor::from<float>({1, 2}, {1, 2}));
            }).find("were given"),
            std::string::npos);
  Normalization normalization;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(says([&] {
              normalization.adapt(Tensor::from<float>({1, 2, 3, nan}, {2, 2}));
            }).find("sample 1 holds NaN"),
            std::string::npos);
  EXPECT_NE(says([&] {
              normalization.adapt(Tensor::from(std::vector<float>{}, {0, 2}));
            }).find("expected samples"),
            std::string::npos);
  EXPECT_NE(says([&] {
              normalization.adapt(Tensor::from<float>({1, 2, 3}, {1, 3}));
            }).find("(1, 3)"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
