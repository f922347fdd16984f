// Curves of classifiers: what is drawn of two classes, of several and of many, and that the areas are
// scikit-learn's.
#include "lamina/explain/classification_plots.h"

#include <cmath>
#include <random>

#include "lamina/explain/run_report.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

// Samples of `classes` classes in turn, with probabilities around the truth.
Classification guessed(int classes, int samples) {
  std::mt19937 generator(7);
  std::uniform_real_distribution<float> noise(0, 1);
  std::vector<float> rows;
  std::vector<int32_t> labels;
  for (int i = 0; i < samples; ++i) {
    labels.push_back(i % classes);
    std::vector<float> row;
    float sum = 0;
    for (int k = 0; k < classes; ++k) {
      row.push_back(noise(generator) + (k == i % classes ? 0.3f : 0.0f));
      sum += row.back();
    }
    for (const float value : row) rows.push_back(value / sum);
  }
  return classify(Tensor::from(rows, {samples, classes}), Tensor::from(labels), OutputKind::kClasses);
}

TEST(ClassificationPlots, OfTwoClassesTheSecondIsPositive) {
  const Classification said = classify(Tensor::from<float>({{0.1f}, {0.4f}, {0.35f}, {0.8f}}),
                                       Tensor::from({0, 0, 1, 1}), OutputKind::kBinary);
  const std::vector<Plot> plots = classification_plots(said, {"no", "yes"});
  ASSERT_EQ(plots.size(), 3u);
  EXPECT_EQ(plots[0].heading, "ROC");
  EXPECT_EQ(plots[0].note, "area 0.7500");  // scikit-learn's own example
  ASSERT_EQ(plots[0].curves.size(), 2u);
  EXPECT_EQ(plots[0].curves[0].look, Look::kDashed);
  EXPECT_EQ(plots[0].curves[1].name, "yes");
  EXPECT_EQ(plots[0].curves[1].x, (std::vector<double>{0, 0, 0.5, 0.5, 1}));
  EXPECT_EQ(plots[0].curves[1].y, (std::vector<double>{0, 0.5, 0.5, 1, 1}));
  EXPECT_EQ(plots[1].note, "average precision 0.8333");
  EXPECT_EQ(plots[1].curves[0].y, (std::vector<double>{0.5, 0.5}));  // who calls all positive
  EXPECT_EQ(plots[1].curves[1].x.front(), 0);
  EXPECT_EQ(plots[1].curves[1].x.back(), 1);
  EXPECT_EQ(plots[2].x_label, "mean probability of yes");
  // A bin each: (|0 - 0.1| + |0 - 0.4| + |1 - 0.35| + |1 - 0.8|) / 4.
  EXPECT_EQ(plots[2].note, "expected calibration error 0.3375");
}

TEST(ClassificationPlots, AreasOfSeveralClassesAreThoseOfScikitLearn) {
  const test::Golden golden("classic/curves");
  const Json scores = golden.json("scores");
  const std::vector<Plot> plots = classification_plots(
      classify(golden.at("rows"), golden.at("labels"), OutputKind::kClasses), {"a", "b"});
  ASSERT_EQ(plots.size(), 3u);
  char note[100];
  std::snprintf(note, sizeof note, "each class against the rest; mean area %.4f",
                scores.at("auc_mean").as_double());
  EXPECT_EQ(plots[0].note, note);
  std::snprintf(note, sizeof note, "expected calibration error %.4f", scores.at("error").as_double());
  EXPECT_EQ(plots[2].note, note);
  ASSERT_EQ(plots[0].curves.size(), 4u);
  for (size_t k = 0; k < 3; ++k) {
    const char* const names[] = {"a", "b", "class 2"};
    std::snprintf(note, sizeof note, "%s %.3f", names[k], scores.at("auc_rest").as_list()[k].as_double());
    EXPECT_EQ(plots[0].curves[k + 1].name, note);
    std::snprintf(note, sizeof note, "%s %.3f", names[k],
                  scores.at("average_precision_rest").as_list()[k].as_double());
    EXPECT_EQ(plots[1].curves[k].name, note);
  }
  const std::vector<double> top = golden.at("top").to_vector<double>();
  const Plot::Curve& reliability = plots[2].curves.at(1);
  ASSERT_EQ(reliability.x.size() * 2, top.size());
  for (size_t i = 0; i < reliability.x.size(); ++i) {
    EXPECT_NEAR(reliability.y[i], top[i], 1e-12);
    EXPECT_NEAR(reliability.x[i], top[i + reliability.x.size()], 1e-6);
  }
}

TEST(ClassificationPlots, OfManyClassesTheHardestTenAreDrawn) {
  const std::vector<Plot> plots = classification_plots(guessed(12, 600), {});
  ASSERT_EQ(plots.size(), 3u);
  EXPECT_EQ(plots[0].curves.size(), 11u);  // and chance
  EXPECT_NE(plots[0].note.find("the 10 smallest of 12"), std::string::npos) << plots[0].note;
}

TEST(ClassificationPlots, ManySamplesMakeNoLargePage) {
  size_t size = 0;
  for (const Plot& plot : classification_plots(guessed(2, 30000), {})) size += plot_card(plot).size();
  EXPECT_LT(size, 60000u);
}

// A part of the classes, or a single one, is no reason to fail: there may be nothing else to test with.
TEST(ClassificationPlots, ClassesWithoutSamplesHaveNoCurve) {
  const Tensor rows = Tensor::from<float>({{0.7f, 0.2f, 0.1f}, {0.2f, 0.5f, 0.3f}, {0.3f, 0.6f, 0.1f}});
  const std::vector<Plot> plots =
      classification_plots(classify(rows, Tensor::from({0, 1, 0}), OutputKind::kClasses), {"a", "b", "c"});
  ASSERT_EQ(plots.size(), 3u);
  EXPECT_EQ(plots[0].curves.size(), 3u);  // chance, a, b
  const std::vector<Plot> one =
      classification_plots(classify(rows, Tensor::from({1, 1, 1}), OutputKind::kClasses), {});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].heading, "Calibration");
  EXPECT_TRUE(classification_plots(Classification(), {}).empty());
}

TEST(ClassificationPlots, AreOnTheReportOfARunAndOfAnEvaluation) {
  Sequential model({Input({3}), Dense(1, {.activation = "sigmoid"})}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "binary_crossentropy"});
  RunDescription run;
  run.title = "numbers";
  run.data = "numbers.csv";
  run.held_out = {Tensor::from<float>({{1, 2, 3}, {3, 2, 1}, {-1, 0, 1}}),
                  Tensor::from<float>({{0}, {1}, {1}})};
  run.history = {{"loss", {3, 2}}, {"learning_rate", {0.1, 0.05}}};
  const std::string evaluation = to_html(run_report(model, run));
  EXPECT_NE(evaluation.find("evaluated on 3 samples of numbers.csv"), std::string::npos);
  EXPECT_EQ(evaluation.find("training time"), std::string::npos);
  run.epochs = 2;
  run.train_samples = 5;
  const std::string training = to_html(run_report(model, run));
  EXPECT_NE(training.find("trained on 5 samples"), std::string::npos);
  EXPECT_NE(training.find("training time"), std::string::npos);
  for (const char* part : {"ROC", "Precision and recall", "Calibration", "Learning rate"}) {
    EXPECT_NE(training.find(part), std::string::npos) << part;
    EXPECT_NE(evaluation.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace lamina
