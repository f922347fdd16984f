// Every metric against Keras, over three batches; and what "accuracy" means.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/metrics/accuracy.h"
#include "lamina/nn/metrics/error.h"
#include "lamina/nn/metrics/mean.h"
#include "lamina/nn/model.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;

Tensor zero(const TensorType& type) { return zeros(type.shape, type.dtype); }

class MetricGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(MetricGolden, ComputesWhatKerasComputes) {
  const Golden golden("nn/metrics/" + GetParam());
  const std::shared_ptr<Metric> metric = Registry<Metric>::from_json(golden.json("config"));
  const Json names = golden.json("variable_names");
  std::vector<Tensor> state;
  ASSERT_EQ(metric->variables().size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(metric->variables()[i].name, names.at(i).as_string());
    state.push_back(zero(metric->variables()[i].type));
  }
  EXPECT_EQ(metric->result(state), 0.0);
  const std::vector<Tensor> y_true = golden.numbered("y_true"), y_pred = golden.numbered("y_pred"),
                            results = golden.numbered("result");
  ASSERT_EQ(y_true.size(), 3u);
  for (size_t i = 0; i < y_true.size(); ++i) {
    state = metric->update(state, y_true[i], y_pred[i]);
    const double expected = results[i].item<double>();
    EXPECT_NEAR(metric->result(state), expected, test::kFloat32Tolerance * expected) << "after batch " << i;
  }
  EXPECT_GT(metric->result(state), 0.0);
  for (size_t i = 0; i < state.size(); ++i) {
    // Keras sums in float32.
    expect_close(cast(state[i], DType::kFloat32), golden.numbered("variable")[i], names.at(i).as_string());
  }
}

TEST_P(MetricGolden, WritesWhatKerasWrites) {
  const Json expected = Golden("nn/metrics/" + GetParam()).json("config");
  test::expect_same_config(Registry<Metric>::from_json(expected)->serialize(), expected, "metric");
}

INSTANTIATE_TEST_SUITE_P(Keras, MetricGolden, ::testing::ValuesIn(test::golden_cases("nn/metrics")),
                         test::CaseName());

TEST(MetricGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/metrics").size(), 14u); }

TEST(Metrics, MeansCountBeyondFloat32) {
  // 2^25 samples of 0.75, then a thousand batches of one sample of 0.25: in float32 both sums would stand
  // still.
  constexpr double kBefore = 1 << 25;
  const auto metric = std::make_shared<metrics::Mean>();
  const auto go_on = [&](const Tensor& weight) {
    std::vector<Tensor> state = {Tensor::from<double>({0.75 * kBefore}, {}),
                                 Tensor::from<double>({kBefore}, {})};
    const Tensor sample = Tensor::from<float>({0.25f});
    for (int i = 0; i < 1000; ++i) {
      state = weight.defined() ? metric->update_weighted(state, sample, sample, weight)
                               : metric->update(state, sample, sample);
      if (i % 100 == 0) eval(state);
    }
    EXPECT_EQ(state[0].item<double>(), 0.75 * kBefore + 250);
    EXPECT_EQ(state[1].item<double>(), kBefore + 1000);
  };
  go_on(Tensor());
  go_on(Tensor::from<float>({1.0f}));
}

TEST(Metrics, AccuracyGoesByTheShapes) {
  struct Row {
    Shape y_true, y_pred;
    std::string class_name;
  };
  for (const Row& row :
       {Row{{-1}, {-1, 10}, "SparseCategoricalAccuracy"}, Row{{-1, 1}, {-1, 10}, "SparseCategoricalAccuracy"},
        Row{{-1, 10}, {-1, 10}, "CategoricalAccuracy"}, Row{{-1, 1}, {-1, 1}, "BinaryAccuracy"},
        Row{{-1}, {-1, 1}, "BinaryAccuracy"}, Row{{-1, 5}, {-1, 5, 7}, "SparseCategoricalAccuracy"}}) {
    for (const char* name : {"accuracy", "acc", "Accuracy", "ACC"}) {
      const auto metric = resolve_metric(name, row.y_true, row.y_pred);
      EXPECT_EQ(metric->class_name(), row.class_name) << row.y_true.str() << row.y_pred.str();
      EXPECT_EQ(metric->name(), name);
      EXPECT_TRUE(metric->higher_is_better());
    }
  }
}

TEST(Metrics, KeepTheNameTheUserWrote) {
  EXPECT_EQ(resolve_metric("mae", {-1, 1}, {-1, 1})->name(), "mae");
  EXPECT_EQ(resolve_metric("mse", {-1, 1}, {-1, 1})->class_name(), "MeanSquaredError");
  EXPECT_FALSE(resolve_metric("mse", {-1, 1}, {-1, 1})->higher_is_better());
  EXPECT_EQ(resolve_metric(metrics::MeanSquaredError({.name = "error"}), {-1, 1}, {-1, 1})->name(), "error");
  const auto message = test::message_of<InvalidArgument>([] { resolve_metric("acuracy", {-1}, {-1, 10}); });
  EXPECT_NE(message.find("did you mean 'Accuracy'?"), std::string::npos) << message;
}

TEST(Metrics, CrossentropyGoesByTheShapes) {
  EXPECT_EQ(resolve_loss("crossentropy", {-1}, {-1, 10})->class_name(), "SparseCategoricalCrossentropy");
  EXPECT_EQ(resolve_loss("ce", {-1, 10}, {-1, 10})->class_name(), "CategoricalCrossentropy");
  EXPECT_EQ(resolve_loss("CE", {-1, 1}, {-1, 1})->class_name(), "BinaryCrossentropy");
  Sequential model({Input({2}), Dense(1)}, {.seed = 1});
  EXPECT_NO_THROW(model.compile({.loss = "CrossEntropy", .metrics = {"ACC"}}));
  EXPECT_EQ(resolve_loss("mse", {-1, 1}, {-1, 1})->class_name(), "MeanSquaredError");
  EXPECT_EQ(resolve_loss(BinaryCrossentropy({.name = "mine"}), {-1, 1}, {-1, 1})->name(), "mine");
}

TEST(Metrics, SayHowTargetsDoNotFit) {
  const Tensor scores = Tensor::from(std::vector<float>(12, 0.25f), {3, 4});
  const Tensor labels = Tensor::from<int32_t>({0, 1, 2, 3});
  const std::vector<Tensor> state = {Tensor(0.0f), Tensor(0.0f)};
  const auto message = test::message_of<InvalidArgument>(
      [&] { metrics::SparseCategoricalAccuracy().update(state, labels, scores); });
  EXPECT_NE(message.find("sparse_categorical_accuracy"), std::string::npos) << message;
  EXPECT_NE(message.find("(4,)"), std::string::npos) << message;
  EXPECT_THROW(metrics::CategoricalAccuracy().update(state, labels, scores), InvalidArgument);
  EXPECT_THROW(metrics::BinaryAccuracy().update(state, labels, scores), InvalidArgument);
}

}  // namespace
}  // namespace lamina
