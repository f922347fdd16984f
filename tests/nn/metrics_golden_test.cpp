// Every metric against Keras, over three batches; and what "accuracy" means.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/nn/callbacks/csv_logger.h"
#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/nn/callbacks/history.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/metrics/accuracy.h"
#include "lamina/nn/metrics/auc.h"
#include "lamina/nn/metrics/confusion.h"
#include "lamina/nn/metrics/error.h"
#include "lamina/nn/metrics/f_score.h"
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

// What is made of sums by a few divisions and differences in float32.
constexpr double kResultTolerance = 4 * test::kFloat32Tolerance;

class MetricGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(MetricGolden, ComputesWhatKerasComputes) {
  const Golden golden("nn/metrics/" + GetParam());
  const std::vector<Tensor> y_true = golden.numbered("y_true"), y_pred = golden.numbered("y_pred"),
                            weights = golden.numbered("sample_weight"), results = golden.numbered("result");
  ASSERT_EQ(y_true.size(), 3u);
  std::shared_ptr<const Metric> metric = Registry<Metric>::from_json(golden.json("config"));
  if (auto fitting = metric->for_shapes(y_true[0].shape(), y_pred[0].shape())) metric = fitting;
  const Json names = golden.json("variable_names");
  std::vector<Tensor> state;
  ASSERT_EQ(metric->variables().size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(metric->variables()[i].name, names.at(i).as_string());
    state.push_back(zero(metric->variables()[i].type));
  }
  EXPECT_EQ(metric->result(state), 0.0);
  for (size_t i = 0; i < y_true.size(); ++i) {
    state = weights.empty() ? metric->update(state, y_true[i], y_pred[i])
                            : metric->update_weighted(state, y_true[i], y_pred[i], weights[i]);
    eval(state);
    const std::vector<double> expected = results[i].to_vector<double>();
    const std::optional<std::vector<double>> row = metric->row(state);
    ASSERT_EQ(row.has_value(), results[i].rank() > 0);
    const std::vector<double> received = row ? *row : std::vector<double>{metric->result(state)};
    ASSERT_EQ(received.size(), expected.size());
    double sum = 0;
    for (size_t at = 0; at < expected.size(); ++at) {
      EXPECT_NEAR(received[at], expected[at], kResultTolerance * std::max(std::abs(expected[at]), 0.1))
          << "after batch " << i << " at " << at;
      sum += received[at];
    }
    if (row) {
      EXPECT_NEAR(metric->result(state), sum / static_cast<double>(row->size()), 1e-6);
    }
  }
  EXPECT_NE(metric->result(state), 0.0);
  for (size_t i = 0; i < state.size(); ++i) {
    // Keras sums in float32, or counts in integers.
    expect_close(cast(state[i], DType::kFloat32), cast(golden.numbered("variable")[i], DType::kFloat32),
                 names.at(i).as_string());
  }
}

TEST_P(MetricGolden, WritesWhatKerasWrites) {
  const Json expected = Golden("nn/metrics/" + GetParam()).json("config");
  test::expect_same_config(Registry<Metric>::from_json(expected)->serialize(), expected, "metric");
}

INSTANTIATE_TEST_SUITE_P(Keras, MetricGolden, ::testing::ValuesIn(test::golden_cases("nn/metrics")),
                         test::CaseName());

TEST(MetricGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/metrics").size(), 89u); }

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

TEST(Metrics, FitTheShapesOfAModel) {
  Sequential model({Input({2}), Dense(3, {.activation = "softmax"})}, {.seed = 1});
  model.compile(
      {.loss = "categorical_crossentropy",
       .metrics = {metrics::F1Score(), metrics::AUC({.multi_label = true}), "precision", "recall"}});
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}, {4, 2});
  const Tensor y = Tensor::from(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, {4, 3});
  const Logs logs = model.evaluate(x, y, {.verbose = 0});
  for (const char* name : {"f1_score", "auc", "precision", "recall"}) {
    EXPECT_GE(logs.at(name), 0.0) << name;
    EXPECT_LE(logs.at(name), 1.0) << name;
  }
  Sequential sequences({Input({2, 2}), Dense(3)}, {.seed = 1});
  const auto message = test::message_of<InvalidArgument>([&] {
    sequences.compile({.loss = "mse", .metrics = {metrics::F1Score()}});
    sequences.evaluate(zeros({1, 2, 2}), zeros({1, 2, 3}), {.verbose = 0});
  });
  EXPECT_NE(message.find("(batch, classes)"), std::string::npos) << message;
}

TEST(Metrics, RefuseArgumentsThatCannotBe) {
  const auto fails = [](const char* name, const Json& config) {
    return test::message_of<InvalidArgument>([&] { Registry<Metric>::make(name, config); });
  };
  const auto expect = [&](const char* name, const Json& config, const std::string& words) {
    EXPECT_NE(fails(name, config).find(words), std::string::npos) << fails(name, config);
  };
  expect("Precision", Json::object({{"thresholds", 1.5}}), "thresholds must lie in [0, 1]");
  expect("Recall", Json::object({{"top_k", 0}}), "top_k must be at least 1");
  expect("PrecisionAtRecall", Json::object({{"recall", -0.5}}), "recall must lie in [0, 1]");
  expect("PrecisionAtRecall", Json::object({{"recall", 0.5}, {"num_thresholds", 0}}), "num_thresholds");
  expect("AUC", Json::object({{"curve", "RUC"}}), "curve must be");
  expect("AUC", Json::object({{"num_labels", 3}}), "multi_label");
  expect("IoU", Json::object({{"num_classes", 2}, {"target_class_ids", Json::list({2})}}),
         "class 2 is not one of 2");
  expect("MeanIoU", Json::object({{"num_classes", 1 << 20}}), "num_classes");
  expect("Precision", Json::object({{"thresholds", Json::list({0.2, 1.5})}}), "received 1.5");
  expect("BinaryCrossentropy", Json::object({{"axis", 1}}), "axis");
  expect("F1Score", Json::object({{"average", "median"}}), "average must be");
  expect("R2Score", Json::object({{"num_regressors", -1}}), "num_regressors");
  expect("TopKCategoricalAccuracy", Json::object({{"k", 0}}), "k must be at least 1");
}

// A classifier of three classes with metrics that give rows.
Sequential with_rows(const std::string& average) {
  Sequential model({Input({2}), Dense(3, {.activation = "softmax"})}, {.seed = 1});
  model.compile({.loss = "categorical_crossentropy",
                 .metrics = {metrics::F1Score({.average = average}), metrics::Recall({.thresholds = {0.2, 0.4}})}});
  return model;
}

TEST(MetricRows, AreInLogsAndHistory) {
  Sequential model = with_rows("none");
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}, {4, 2});
  const Tensor y = Tensor::from(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, {4, 3});
  test::TemporaryFolder folder;
  CSVLogger table(folder.path() + "/log.csv");
  History history = model.fit(x, y, {.epochs = 2, .validation_data = {x, y}, .callbacks = {&table}, .verbose = 0});
  for (const char* name : {"f1_score", "val_f1_score"}) {
    ASSERT_EQ(history.rows(name).size(), 2u) << name;
    const std::vector<double>& row = history.rows(name)[1];
    ASSERT_EQ(row.size(), 3u) << name;
    EXPECT_NEAR(history[name][1], (row[0] + row[1] + row[2]) / 3, 1e-6);
  }
  EXPECT_EQ(history.rows("recall")[0].size(), 2u);
  EXPECT_TRUE(history.rows("loss").empty());
  const Logs logs = model.evaluate(x, y, {.verbose = 0});
  EXPECT_EQ(logs.find_row("f1_score")->size(), 3u);
  EXPECT_FALSE(logs.find_row("loss"));
  const std::string text = read_file(folder.path() + "/log.csv");
  EXPECT_NE(text.find(",\"\"\"[" + python_row(history.rows("f1_score")[0]).substr(1) + "\"\"\","), std::string::npos)
      << text;
  History again;
  again.set_state(history.state());
  EXPECT_EQ(again.rows("val_f1_score"), history.rows("val_f1_score"));
}

TEST(MetricRows, AreNotWatched) {
  Sequential model = with_rows("none"), averaged = with_rows("macro");
  const Tensor x = ones({4, 2}), y = Tensor::from(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, {4, 3});
  const auto message = test::message_of<InvalidArgument>([&] {
    model.fit(x, y, {.callbacks = {EarlyStopping({.monitor = "f1_score"})}, .verbose = 0});
  });
  EXPECT_NE(message.find("EarlyStopping: 'f1_score' is a row of 3 numbers"), std::string::npos) << message;
  EXPECT_NO_THROW(averaged.fit(x, y, {.callbacks = {EarlyStopping({.monitor = "f1_score"})}, .verbose = 0}));
}

}  // namespace
}  // namespace lamina
