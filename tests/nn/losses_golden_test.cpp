// Every loss against Keras: configuration, value, gradient, unreduced and weighted values.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/nn/losses/circle.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/losses/ctc.h"
#include "lamina/nn/losses/focal.h"
#include "lamina/nn/losses/loss.h"
#include "lamina/nn/losses/overlap.h"
#include "lamina/nn/losses/regression.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;
using test::message_of;

class LossGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(LossGolden, ComputesWhatKerasComputes) {
  const Golden golden("nn/losses/" + GetParam());
  const std::shared_ptr<Loss> loss = Registry<Loss>::from_json(golden.json("config"));
  const Tensor &y_true = golden.at("y_true"), &y_pred = golden.at("y_pred");
  const Tensor value = (*loss)(y_true, y_pred);
  const Tensor gradient = gradients(value, {y_pred})[0];  // before the value is looked at
  expect_close(value, golden.at("loss"), "loss");
  expect_close(gradient, golden.at("gradient"), "gradient");
  expect_close(loss->values(y_true, y_pred), golden.at("unreduced"), "unreduced");
  if (golden.contains("sample_weight")) {
    expect_close((*loss)(y_true, y_pred, golden.at("sample_weight")), golden.at("loss_weighted"), "weighted");
  }
}

TEST_P(LossGolden, WritesWhatKerasWrites) {
  const Json expected = Golden("nn/losses/" + GetParam()).json("config");
  test::expect_same_config(Registry<Loss>::from_json(expected)->serialize(), expected, "loss");
}

INSTANTIATE_TEST_SUITE_P(Keras, LossGolden, ::testing::ValuesIn(test::golden_cases("nn/losses")),
                         test::CaseName());

TEST(LossGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/losses").size(), 59u); }

TEST(Losses, AreKnownByKerasNames) {
  for (const char* name : {"categorical_crossentropy",
                           "sparse_categorical_crossentropy",
                           "binary_crossentropy",
                           "bce",
                           "mse",
                           "mean_squared_error",
                           "MSE",
                           "mae",
                           "MeanAbsoluteError",
                           "mape",
                           "MSLE",
                           "huber",
                           "log_cosh",
                           "cosine_similarity",
                           "kld",
                           "poisson",
                           "hinge",
                           "squared_hinge",
                           "categorical_hinge",
                           "ctc",
                           "dice",
                           "tversky",
                           "circle",
                           "binary_focal_crossentropy",
                           "categorical_focal_crossentropy"}) {
    EXPECT_NO_THROW(Registry<Loss>::make(name)) << name;
  }
  const auto message = message_of<InvalidArgument>([] { Registry<Loss>::make("categorial_crossentropy"); });
  EXPECT_NE(message.find("did you mean 'categorical_crossentropy'?"), std::string::npos) << message;
}

TEST(Losses, SayHowTargetsDoNotFit) {
  const Tensor scores = Tensor::from(std::vector<float>(12, 0.25f), {3, 4});
  const Tensor labels = Tensor::from<int32_t>({0, 1, 2});
  auto message = message_of<InvalidArgument>([&] { CategoricalCrossentropy().values(labels, scores); });
  EXPECT_NE(message.find("(3,)"), std::string::npos) << message;
  EXPECT_NE(message.find("(3, 4)"), std::string::npos) << message;
  EXPECT_NE(message.find("use sparse_categorical_crossentropy"), std::string::npos) << message;
  message = message_of<InvalidArgument>([&] { SparseCategoricalCrossentropy().values(scores, scores); });
  EXPECT_NE(message.find("use categorical_crossentropy"), std::string::npos) << message;
  message = message_of<InvalidArgument>([&] { MeanSquaredError().values(labels, scores); });
  EXPECT_NE(message.find("'mean_squared_error'"), std::string::npos) << message;
  message = message_of<InvalidArgument>([&] { MeanSquaredError({.reduction = "none"})(scores, scores); });
  EXPECT_NE(message.find("none"), std::string::npos) << message;
  message = message_of<InvalidArgument>([&] {
    MeanSquaredError()(scores, scores, Tensor::from<float>({1, 2}));
  });
  EXPECT_NE(message.find("(2,)"), std::string::npos) << message;
}

TEST(Losses, FindLabelsOutOfRange) {
  const SparseCategoricalCrossentropy loss;
  EXPECT_NO_THROW(loss.check_targets(Tensor::from<int32_t>({0, 9, 3}), {-1, 10}));
  auto message = message_of<InvalidArgument>([&] {
    loss.check_targets(Tensor::from<int32_t>({0, 10, 3}), {-1, 10});
  });
  EXPECT_NE(message.find("0..9"), std::string::npos) << message;
  EXPECT_NE(message.find("label number 1 is 10"), std::string::npos) << message;
  message = message_of<InvalidArgument>([&] { loss.check_targets(Tensor::from<float>({0.5f}), {-1, 10}); });
  EXPECT_NE(message.find("0.5"), std::string::npos) << message;
  message = message_of<InvalidArgument>([&] { loss.check_targets(Tensor::from<int64_t>({-1}), {-1, 10}); });
  EXPECT_NE(message.find("-1"), std::string::npos) << message;
}

TEST(Losses, RejectArgumentsThatCannotBe) {
  EXPECT_THROW(CategoricalCrossentropy({.label_smoothing = 1.5}), InvalidArgument);
  EXPECT_THROW(BinaryCrossentropy({.label_smoothing = -0.1}), InvalidArgument);
  const auto message = message_of<InvalidArgument>([] { MeanSquaredError({.reduction = "summ"}); });
  EXPECT_NE(message.find("did you mean 'sum'?"), std::string::npos) << message;
  const Tensor rows = Tensor::from(std::vector<float>(12, 0.25f), {3, 4});
  const std::string axis = message_of<InvalidArgument>([&] { CategoricalCrossentropy({.axis = 2})(rows, rows); });
  EXPECT_NE(axis.find("axis 2"), std::string::npos) << axis;
  EXPECT_THROW(Registry<Loss>::make("MeanSquaredError", Json::object({{"from_logits", true}})),
               InvalidArgument);
}

TEST(Losses, KeepArgumentsThatKerasLeavesOut) {
  const Json huber = Huber({.delta = 2.5}).serialize();
  EXPECT_EQ(huber.at("config").at("delta").as_double(), 2.5);
  const Tensor y = Tensor::from<float>({0, 0}, {2, 1}), far = Tensor::from<float>({2, 4}, {2, 1});
  EXPECT_EQ(Registry<Loss>::from_json(huber)->values(y, far).to_vector<float>(),
            (std::vector<float>{2, 6.875f}));
  EXPECT_FALSE(Huber().config().contains("delta"));
  EXPECT_EQ(CosineSimilarity({.axis = 0}).config().at("axis").as_int(), 0);
}

TEST(Losses, TakeClassNumbersAlongAnyAxis) {
  std::vector<float> scores;
  for (int i = 0; i < 24; ++i) scores.push_back(static_cast<float>((i * 7) % 11) / 4 - 1);
  const Tensor last = Tensor::from(scores, {2, 3, 4});
  const Tensor labels = Tensor::from<int32_t>({0, 3, -1, 2, 1, 0}, {2, 3});
  const Tensor middle = transpose(last, {0, 2, 1});
  for (const bool logits : {false, true}) {
    const SparseCategoricalCrossentropy along({.from_logits = logits, .ignore_class = -1, .axis = 1});
    const SparseCategoricalCrossentropy plain({.from_logits = logits, .ignore_class = -1});
    const Tensor first = logits ? middle : softmax(middle, 1), other = logits ? last : softmax(last, -1);
    EXPECT_EQ(along(labels, first).item<float>(), plain(labels, other).item<float>());
    EXPECT_EQ(along(expand_dims(labels, 1), first).item<float>(), plain(labels, other).item<float>());
    along.check_targets(labels, {-1, 4, 3});
    EXPECT_THROW(plain.check_targets(labels, {-1, 4, 3}), InvalidArgument);
    EXPECT_EQ(Registry<Loss>::from_json(along.serialize())->config().at("axis").as_int(), 1);
  }
}

TEST(Losses, IgnoreAClass) {
  const SparseCategoricalCrossentropy loss({.ignore_class = -1});
  const Tensor scores = Tensor::from(std::vector<float>(12, 0.25f), {3, 4});
  EXPECT_NO_THROW(loss.check_targets(Tensor::from<int32_t>({0, -1, 3}), {-1, 4}));
  EXPECT_THROW(loss.check_targets(Tensor::from<int32_t>({0, -2, 3}), {-1, 4}), InvalidArgument);
  const Tensor mask = Tensor::from<bool>({true, true, false});
  // What is left is one sample of three.
  EXPECT_NEAR(loss.masked(Tensor::from<int32_t>({0, -1, 3}), scores, Tensor(), mask).item<float>(),
              std::log(4.0), 1e-6);
}

TEST(Losses, SpellNothingThatDoesNotFit) {
  const Tensor logits = zeros({1, 2, 4});
  EXPECT_TRUE(std::isinf(CTC().values(Tensor::from<int32_t>({1, 1}, {1, 2}), logits).item<float>()));
  EXPECT_NEAR(CTC().values(Tensor::from<int32_t>({1, 2}, {1, 2}), logits).item<float>(), std::log(16.0),
              1e-5);
  const auto message = message_of<InvalidArgument>([&] { CTC().values(Tensor::from<int32_t>({1}), logits); });
  EXPECT_NE(message.find("(batch, length)"), std::string::npos) << message;
}

TEST(Losses, SayWhatFurtherOnesNeed) {
  const auto fails = [](const char* name, Json config) {
    return message_of<InvalidArgument>([&] { Registry<Loss>::make(name, config); });
  };
  EXPECT_NE(
      fails("CategoricalGeneralizedCrossEntropy", Json::object({{"q", 1.0}})).find("q must lie in (0, 1)"),
      std::string::npos);
  EXPECT_NE(
      fails("BinaryFocalCrossentropy", Json::object({{"label_smoothing", 2.0}})).find("label_smoothing"),
      std::string::npos);
  const Tensor two = zeros({2, 2});
  EXPECT_NE(message_of<InvalidArgument>([&] {
              Dice({.axis = std::vector<int>{3}}).values(two, two);
            }).find("axis 3"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              CategoricalFocalCrossentropy({.alpha = {0.1, 0.2, 0.3}}).values(two, two);
            }).find("alpha has 3 numbers"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { Circle().values(two, two); }).find("embeddings"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
