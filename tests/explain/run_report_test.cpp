// From a run to its report: what is shown, and that odd targets do not stop it.
#include "lamina/explain/run_report.h"

#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

Sequential yes_or_no() {
  Sequential model({Input({3}), Dense(1, {.activation = "sigmoid"})}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

RunDescription judged_by(const std::vector<float>& targets) {
  const int64_t count = static_cast<int64_t>(targets.size());
  RunDescription run;
  run.title = "numbers";
  run.data = "numbers.csv";
  run.held_out = {Tensor::from(std::vector<float>(targets.size() * 3, 0.5f), Shape{count, 3}),
                  Tensor::from(targets, Shape{count, 1}),
                  {}};
  run.held_out_name = "validation";
  run.metrics = {{"loss", 0.5}, {"accuracy", 0.75}};
  run.classes = {"no", "yes"};
  return run;
}

TEST(RunReport, CountsWhatTheModelSays) {
  Sequential model = yes_or_no();
  const TrainingReport report = run_report(model, judged_by({0, 1, 1}));
  EXPECT_EQ(report.classes, (std::vector<std::string>{"no", "yes"}));
  ASSERT_EQ(report.confusion.size(), 2u);
  EXPECT_EQ(report.confusion[0][0] + report.confusion[0][1], 1);
  EXPECT_EQ(report.confusion[1][0] + report.confusion[1][1], 2);
  EXPECT_TRUE(report.mistakes.empty());  // three numbers are no picture
  EXPECT_EQ(report.headlines.at(0).label, "validation accuracy");
  EXPECT_EQ(report.headlines.at(0).value, "75.00 %");
  ASSERT_EQ(report.layers.size(), 1u);
  EXPECT_EQ(report.layers[0].parameters, 4);
}

// Keras trains on such targets, too: the report must not take the finished run down.
TEST(RunReport, LeavesOutTheConfusionOfTargetsThatAreNoClasses) {
  Sequential model = yes_or_no();
  const TrainingReport report = run_report(model, judged_by({0, 2.5f}));
  EXPECT_TRUE(report.confusion.empty());
  EXPECT_FALSE(report.headlines.empty());
}

// Once they had no confusion matrix, and the number of training samples stood under what others gave.
TEST(RunReport, JudgesModelsOfSeveralInputsByAllOfThem) {
  const Tensor left = Input({3}, {.name = "left"}), picture = Input({4, 4, 1}, {.name = "picture"});
  Model model({left, picture},
              Dense(1, {.activation = "sigmoid"})(Concatenate()({left, Flatten()(picture)})));
  model.compile({.optimizer = "sgd", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  RunDescription run = judged_by({0, 1, 1});
  run.train_samples = 100;
  run.held_out.x = Tensors({run.held_out.x[0], ones({3, 4, 4, 1}).eval()});
  const TrainingReport report = run_report(model, run);
  ASSERT_EQ(report.confusion.size(), 2u);
  EXPECT_EQ(report.confusion[1][0] + report.confusion[1][1], 2);
  EXPECT_EQ(report.headlines.at(0).note, "3 samples");
  EXPECT_FALSE(report.plots.empty());
  ASSERT_FALSE(report.mistakes.empty());
  EXPECT_EQ(report.mistakes[0].picture.width % 4, 0);
}

// Each headline says how many samples it is of: once those of validation_split stood under the number of all.
TEST(RunReport, CountsSamplesOfTrainingAndOfValidationApart) {
  Sequential model({Input({3}), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  RunDescription run;
  run.epochs = 1;
  run.metrics = {{"loss", 0.5}, {"val_loss", 0.75}};
  run.train_samples = 80;
  run.validation_samples = 20;
  TrainingReport report = run_report(model, run);
  EXPECT_EQ(report.headlines.at(0).note, "80 samples");
  EXPECT_EQ(report.headlines.at(1).note, "20 samples");
  run.validation_samples = 0;
  EXPECT_EQ(run_report(model, run).headlines.at(1).note, "");
}

}  // namespace
}  // namespace lamina
