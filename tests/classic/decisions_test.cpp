// Figures for decisions and recalibrated probabilities, on samples so few that each figure can be counted by hand.
#include "lamina/classic/decisions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/classic/metrics.h"
#include "lamina/classic/recalibration.h"
#include "tests/support/temporary_folder.h"

namespace lamina::classic {
namespace {

using test::message_of;

// Four zeros and four ones; one pair stands the wrong way round.
const std::vector<int> kLabels{0, 0, 0, 0, 1, 1, 1, 1};
const std::vector<double> kScores{0.1, 0.2, 0.3, 0.7, 0.6, 0.8, 0.85, 0.9};

TEST(Decisions, TheIntervalHoldsTheAreaAndIsDrawnBySeed) {
  const Tensor y = Tensor::from(kLabels), score = Tensor::from(kScores);
  const Interval interval = bootstrap_roc_auc(y, score, {.n_resamples = 500, .seed = 3});
  EXPECT_DOUBLE_EQ(interval.value, 15.0 / 16);
  EXPECT_LT(interval.low, interval.value);
  EXPECT_GE(interval.high, interval.value);
  EXPECT_LE(interval.high, 1.0);
  const Interval again = bootstrap_roc_auc(y, score, {.n_resamples = 500, .seed = 3});
  EXPECT_EQ(interval.low, again.low);
  const Interval narrow = bootstrap_roc_auc(y, score, {.n_resamples = 500, .confidence = 0.5, .seed = 3});
  EXPECT_GE(narrow.low, interval.low);
  EXPECT_LE(narrow.high, interval.high);
}

// Hanley and McNeil's standard error of the area is what the resamples spread by.
TEST(Decisions, TheIntervalIsAsWideAsTheoryHasIt) {
  std::vector<int> labels;
  std::vector<double> scores;
  for (int i = 0; i < 400; ++i) {  // areas under uniform scores shifted by a half: 1 - 0.5 * 0.25 = 0.875
    labels.push_back(i % 2);
    scores.push_back((i / 2) / 200.0 + 0.5 * (i % 2));
  }
  const Interval interval = bootstrap_roc_auc(Tensor::from(labels), Tensor::from(scores));
  const double a = interval.value, n = 200;
  EXPECT_NEAR(a, 0.875, 0.01);
  const double q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
  const double error = std::sqrt((a * (1 - a) + (n - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (n * n));
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * error, 0.5 * error);
}

TEST(Decisions, SensitivityAtASpecificity) {
  const Tensor y = Tensor::from(kLabels), score = Tensor::from(kScores);
  const OperatingPoint strict = sensitivity_at_specificity(y, score, 1);
  EXPECT_DOUBLE_EQ(strict.sensitivity, 0.75);
  EXPECT_DOUBLE_EQ(strict.specificity, 1);
  EXPECT_DOUBLE_EQ(strict.threshold, 0.8);
  const OperatingPoint loose = sensitivity_at_specificity(y, score, 0.75);
  EXPECT_DOUBLE_EQ(loose.sensitivity, 1);
  EXPECT_DOUBLE_EQ(loose.threshold, 0.6);
  EXPECT_DOUBLE_EQ(sensitivity_at_specificity(y, score, 0).sensitivity, 1);
}

TEST(Decisions, NetBenefit) {
  const DecisionCurve curve = decision_curve(Tensor::from(kLabels), Tensor::from(kScores), {0.5, 0.75});
  // At 0.5 all four ones and one zero are acted on, at odds of 1; at 0.75 three ones, at odds of 3.
  EXPECT_DOUBLE_EQ(curve.net_benefit[0], (4 - 1.0) / 8);
  EXPECT_DOUBLE_EQ(curve.net_benefit[1], 3.0 / 8);
  EXPECT_DOUBLE_EQ(curve.treat_all[0], 0);
  EXPECT_DOUBLE_EQ(curve.treat_all[1], (4 - 3 * 4.0) / 8);
  EXPECT_EQ(decision_curve(Tensor::from(kLabels), Tensor::from(kScores)).thresholds.size(), 99u);
}

TEST(Decisions, SubgroupsByName) {
  const std::vector<std::string> groups{"b", "b", "a", "a", "a", "a", "b", "c"};
  const std::vector<Subgroup> report = subgroup_report(Tensor::from(kLabels), Tensor::from(kScores), groups);
  ASSERT_EQ(report.size(), 3u);
  EXPECT_EQ(report[0].name, "a");
  EXPECT_EQ(report[0].samples, 4);
  EXPECT_EQ(report[0].positives, 2);
  EXPECT_DOUBLE_EQ(report[0].roc_auc, 0.75);
  EXPECT_DOUBLE_EQ(report[0].specificity, 0.5);
  EXPECT_DOUBLE_EQ(report[1].roc_auc, 1);
  EXPECT_TRUE(std::isnan(report[2].roc_auc));
  EXPECT_TRUE(std::isnan(report[2].specificity));
  EXPECT_DOUBLE_EQ(report[2].sensitivity, 1);
}

TEST(Decisions, RefuseWhatCannotBe) {
  const Tensor y = Tensor::from(kLabels), score = Tensor::from(kScores);
  const auto refused = [](auto&& call) { return message_of<InvalidArgument>(call); };
  EXPECT_NE(refused([&] { bootstrap_roc_auc(y, score, {.n_resamples = 0}); }).find("n_resamples"), std::string::npos);
  EXPECT_NE(refused([&] { bootstrap_roc_auc(y, score, {.confidence = 1}); }).find("confidence"), std::string::npos);
  EXPECT_NE(refused([&] { sensitivity_at_specificity(y, score, 1.5); }).find("specificity"), std::string::npos);
  EXPECT_NE(refused([&] { decision_curve(y, score, {0.0}); }).find("thresholds"), std::string::npos);
  EXPECT_NE(refused([&] { decision_curve(y, Tensor::from(std::vector<double>(8, 1.5))); }).find("from 0 to 1"), std::string::npos);
  EXPECT_NE(refused([&] { subgroup_report(y, score, {"a"}); }).find("each of 8"), std::string::npos);
  EXPECT_NE(refused([&] { bootstrap_roc_auc(Tensor::from({1, 1}), Tensor::from({0.1, 0.2})); }).size(), 0u);
  EXPECT_NE(refused([&] { decision_curve(Tensor::from({0, 2}), Tensor::from({0.1, 0.2})); }).find("received 2"), std::string::npos);
  EXPECT_NE(refused([&] { decision_curve(Tensor(), Tensor()); }).find("at least one sample"), std::string::npos);
}

// scikit-learn 1.9: IsotonicRegression(out_of_bounds="clip") gives these numbers; so does the paper's pooling by hand.
TEST(Recalibration, IsotonicPoolsWhatDoesNotRise) {
  IsotonicRegression isotonic;
  isotonic.fit(Tensor::from({3.0, 1.0, 2.0, 5.0, 4.0}), Tensor::from({0, 0, 1, 1, 1}));
  const std::vector<double> said =
      isotonic.predict(Tensor::from({0.0, 1.0, 1.5, 2.0, 2.5, 3.5, 4.0, 9.0})).to_vector<double>();
  const std::vector<double> expected{0, 0, 0.25, 0.5, 0.5, 0.75, 1, 1};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(said[i], expected[i], 1e-12) << i;
  EXPECT_THROW(IsotonicRegression().predict(Tensor::from({1.0})), InvalidArgument);
  EXPECT_THROW(IsotonicRegression().fit(Tensor::from({1.0}), Tensor::from({1.0, 2.0})), InvalidArgument);
  EXPECT_THROW(IsotonicRegression().fit(Tensor(), Tensor()), InvalidArgument);
}

// Log-odds of 2 for what is right in three of four cases, whose log-odds are ln 3.
TEST(Recalibration, TheTemperatureOfTheLeastLoss) {
  const Tensor y = Tensor::from({1, 1, 1, 0});
  const double expected = 2 / std::log(3.0);
  EXPECT_NEAR(fit_temperature(Tensor::from({2.0, 2.0, 2.0, 2.0}), y), expected, 1e-6);
  const Tensor rows = Tensor::from(std::vector<double>{5, 7, 0, 2, 1, 3, -2, 0}, Shape{4, 2});
  EXPECT_NEAR(fit_temperature(rows, y), expected, 1e-6);
  // Of logits that say nothing every temperature is as good, and they are left as they are.
  EXPECT_NEAR(fit_temperature(Tensor::from({0.0, 0.0, 0.0, 0.0}), y), 1, 1e-6);
  EXPECT_THROW(fit_temperature(rows, Tensor::from({1, 1, 1, 2})), InvalidArgument);
  EXPECT_THROW(fit_temperature(Tensor::from({std::numeric_limits<double>::infinity()}), Tensor::from({1})), InvalidArgument);
  EXPECT_THROW(fit_temperature(Tensor(), Tensor()), InvalidArgument);
}

}  // namespace
}  // namespace lamina::classic
