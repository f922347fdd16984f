// Whole models against Keras: ten training steps, fit, evaluate, predict, summary and configuration.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "lamina/ops/slice.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;

constexpr int kBatch = 16;

void expect_log(double actual, const Json& expected, const std::string& what) {
  const double value = expected.as_double();
  EXPECT_NEAR(actual, value, test::kTrainingTolerance * std::max(1.0, std::abs(value))) << what;
}

class ModelGolden : public ::testing::TestWithParam<std::string> {
 protected:
  ModelGolden() : golden_("nn/models/" + GetParam()), model_(Model::from_json(golden_.json("config"), 1)) {
    model_.set_weights(golden_.numbered("weight"));
  }

  void expect_weights() const {
    const std::vector<WeightPtr> weights = model_.weights();
    const std::vector<Tensor> after = golden_.numbered("after");
    ASSERT_EQ(weights.size(), after.size());
    for (size_t i = 0; i < after.size(); ++i) {
      expect_close(weights[i]->read(), after[i], weights[i]->path, test::kTrainingTolerance);
    }
  }

  void expect_optimizer() const {
    const std::vector<WeightPtr> variables = model_.optimizer_variables();
    const std::vector<Tensor> state = golden_.numbered("state");
    ASSERT_EQ(variables.size(), state.size());
    for (size_t i = 0; i < state.size(); ++i) {
      expect_close(variables[i]->read(), state[i], variables[i]->name, test::kTrainingTolerance);
    }
  }

  Golden golden_;
  Model model_;
};

TEST_P(ModelGolden, TenSteps) {
  const Tensor &x = golden_.at("x"), &y = golden_.at("y");
  const Json logs = golden_.json("step_logs");
  ASSERT_EQ(logs.size(), 10u);
  for (size_t step = 0; step < logs.size(); ++step) {
    const auto first = static_cast<int64_t>(step) * kBatch, last = std::min(first + kBatch, x.shape()[0]);
    const Logs log = model_.train_on_batch(index(x, {Slice{first, last}}), index(y, {Slice{first, last}}));
    for (const auto& [name, value] : logs.at(step).as_object()) {
      expect_log(log.at(name), value, name + " in step " + std::to_string(step));
    }
  }
  expect_weights();
  expect_optimizer();
}

TEST_P(ModelGolden, FitEvaluatePredict) {
  const Tensor &x = golden_.at("x"), &y = golden_.at("y");
  const History history = model_.fit(x, y, {.batch_size = kBatch, .shuffle = false, .verbose = 0});
  const Json epoch = golden_.json("history"), evaluated = golden_.json("evaluation");
  for (const auto& [name, values] : epoch.as_object()) {
    expect_log(history[name].at(0), values.at(size_t{0}), name + " of the epoch");
  }
  expect_weights();
  expect_optimizer();
  expect_close(model_.predict(index(x, {Slice{0, 20}})), golden_.at("predictions"), "predictions",
               test::kTrainingTolerance);
  const Logs evaluation = model_.evaluate(x, y, {.batch_size = kBatch, .verbose = 0});
  for (const auto& [name, value] : evaluated.as_object()) {
    expect_log(evaluation.at(name), value, name + " of evaluate");
  }
}

TEST_P(ModelGolden, WritesAndShowsWhatKerasDoes) {
  model_.build_optimizer();
  test::expect_same_config(model_.serialize(), golden_.json("config"), "model");
  EXPECT_EQ(model_.summary_text({.line_length = 80}),
            test::golden_text("nn/summaries/" + GetParam() + ".txt"));
}

INSTANTIATE_TEST_SUITE_P(Keras, ModelGolden, ::testing::ValuesIn(test::golden_cases("nn/models")),
                         test::CaseName());

TEST(ModelGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/models").size(), 5u); }

// What summary is asked, by the ending of the text's name, as in tools/golden/models.py.
const std::map<std::string, SummaryOptions> kLooks = {
    {"", {.line_length = 80}},
    {".expanded", {.line_length = 110, .expand_nested = true}},
    {".trainable", {.line_length = 80, .show_trainable = true}},
    {".everything", {.line_length = 120, .show_trainable = true, .expand_nested = true}},
};

TEST(Summaries, AreKeras) {
  int models = 0, texts = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden_path("nn/summaries"))) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().stem().string();
    const Json config = Json::parse(test::golden_text("nn/summaries/" + name + ".json"));
    const Model model = Model::from_json(config, 1);
    for (const auto& [ending, options] : kLooks) {
      const std::string text = "nn/summaries/" + name + ending + ".txt";
      if (!std::filesystem::exists(test::golden_path(text))) continue;
      EXPECT_EQ(model.summary_text(options), test::golden_text(text)) << text;
      ++texts;
    }
    // Keras writes arguments of calls in graphs that are as by default; scripts/conformance knows which.
    if (model.class_name() == "Sequential") test::expect_same_config(model.serialize(), config, name);
    ++models;
  }
  EXPECT_GE(models, 9);
  EXPECT_GE(texts, 24);
}

TEST(Summaries, IndentInAscii) {
  const Sequential inner({Input({2}), Dense(3)}, {.name = "inner"});
  const Sequential model({Input({2}), inner}, {.name = "outer"});
  const std::string text = model.summary_text({.line_length = 80, .ascii = true, .expand_nested = true});
  EXPECT_NE(text.find("|    - dense (Dense) "), std::string::npos) << text;
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || (c >= ' ' && c <= '~');
  })) << text;
}

}  // namespace
}  // namespace lamina
