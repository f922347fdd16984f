// Every loss against Keras: configuration, value, gradient, unreduced and weighted values.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/losses/loss.h"
#include "lamina/nn/losses/regression.h"
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

TEST(LossGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/losses").size(), 20u); }

TEST(Losses, AreKnownByKerasNames) {
  for (const char* name :
       {"categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy", "bce", "mse",
        "mean_squared_error", "MSE", "mae", "MeanAbsoluteError"}) {
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
  EXPECT_THROW(Registry<Loss>::make("CategoricalCrossentropy", Json::object({{"axis", 1}})), Unsupported);
  EXPECT_THROW(Registry<Loss>::make("MeanSquaredError", Json::object({{"from_logits", true}})),
               InvalidArgument);
}

}  // namespace
}  // namespace lamina
