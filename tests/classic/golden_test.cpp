// Estimators, transformers, metrics and splits against scikit-learn (tools/golden/classic.py).
#include "tests/support/golden.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/classic/calibration.h"
#include "lamina/classic/linear.h"
#include "lamina/classic/metrics.h"
#include "lamina/classic/model_selection.h"
#include "lamina/classic/naive_bayes.h"
#include "lamina/classic/neighbors.h"
#include "lamina/classic/preprocessing.h"

namespace lamina::classic {
namespace {

using test::Golden;

std::shared_ptr<Estimator> made(const Json& json) {
  return Estimator::make(json.at("class_name").as_string(), json.at("params"));
}

class ClassicEstimator : public ::testing::TestWithParam<std::string> {};

TEST_P(ClassicEstimator, SaysWhatScikitLearnSays) {
  const Golden golden("classic/estimators/" + GetParam());
  const auto model = std::dynamic_pointer_cast<Predictor>(made(golden.json("estimator")));
  ASSERT_TRUE(model);
  model->fit(golden.at("x"), golden.at("y"));
  // SVMs end where the slope is small, not where it is 0; the others compute in double precision.
  const double tolerance = model->class_name() == "SVC" ? 1e-4 : 2e-5;
  test::expect_close(model->predict(golden.at("x_test")), golden.at("predict"), "predict", tolerance);
  const bool probable = golden.contains("predict_proba");
  if (golden.contains("decision_function"))
    test::expect_close(model->decision_function(golden.at("x_test")), golden.at("decision_function"),
                       "decision_function", tolerance);
  if (probable) {
    test::expect_close(model->predict_proba(golden.at("x_test")), golden.at("predict_proba"), "predict_proba",
                       tolerance);
  } else {
    EXPECT_THROW(model->predict_proba(golden.at("x_test")), Unsupported);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ClassicEstimator,
                         ::testing::ValuesIn(test::golden_cases("classic/estimators")), test::CaseName());

class ClassicTransformer : public ::testing::TestWithParam<std::string> {};

TEST_P(ClassicTransformer, GivesWhatScikitLearnGives) {
  const Golden golden("classic/transformers/" + GetParam());
  const auto transformer = std::dynamic_pointer_cast<Transformer>(made(golden.json("transformer")));
  ASSERT_TRUE(transformer);
  transformer->fit(golden.at("x"));
  test::expect_close(transformer->transform(golden.at("x_test")), golden.at("transformed"), "transform");
}

INSTANTIATE_TEST_SUITE_P(Golden, ClassicTransformer,
                         ::testing::ValuesIn(test::golden_cases("classic/transformers")), test::CaseName());

void expect_numbers(const std::vector<double>& actual, const Tensor& expected, const std::string& what,
                    double tolerance = 1e-9) {
  const std::vector<double> numbers = expected.to_vector<double>();
  ASSERT_EQ(actual.size(), numbers.size()) << what;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (std::isinf(numbers[i])) {
      EXPECT_EQ(actual[i], numbers[i]) << what;
    } else {
      EXPECT_NEAR(actual[i], numbers[i], tolerance) << what << " at " << i;
    }
  }
}

TEST(ClassicMetrics, AreThoseOfScikitLearn) {
  const Golden golden("classic/metrics");
  const Tensor &y_true = golden.at("y_true"), &y_pred = golden.at("y_pred"), &binary = golden.at("binary");
  const Tensor &score = golden.at("score"), &a = golden.at("a"), &b = golden.at("b");
  test::expect_close(confusion_matrix(y_true, y_pred), golden.at("confusion"), "confusion");
  const std::vector<uint8_t> report = golden.at("report").to_vector<uint8_t>();
  EXPECT_EQ(classification_report(y_true, y_pred), std::string(report.begin(), report.end()));
  const std::vector<uint8_t> named = golden.at("report_named").to_vector<uint8_t>();
  EXPECT_EQ(classification_report(binary, golden.at("guess"), {"no", "a rather long name"}, 4),
            std::string(named.begin(), named.end()));
  const RocCurve roc = roc_curve(binary, score);
  expect_numbers(roc.fpr, golden.at("fpr"), "fpr");
  expect_numbers(roc.tpr, golden.at("tpr"), "tpr");
  expect_numbers(roc.thresholds, golden.at("thresholds"), "thresholds");
  const PrecisionRecallCurve curve = precision_recall_curve(binary, score);
  expect_numbers(curve.precision, golden.at("precision"), "precision");
  expect_numbers(curve.recall, golden.at("recall"), "recall");
  expect_numbers(curve.thresholds, golden.at("cuts"), "cuts");
  const Json scores = golden.json("scores");
  const auto expect = [&](const char* name, double value) {
    EXPECT_NEAR(value, scores.at(name).as_double(), 2e-7) << name;  // a and b are float32 there
  };
  expect("accuracy", accuracy_score(y_true, y_pred));
  expect("f1", f1_score(binary, golden.at("guess")));
  expect("f1_macro", f1_score(y_true, y_pred, "macro"));
  expect("f1_weighted", f1_score(y_true, y_pred, "weighted"));
  expect("f1_micro", f1_score(y_true, y_pred, "micro"));
  expect("auc", roc_auc_score(binary, score));
  EXPECT_NEAR(mean_squared_error(a, b), scores.at("mse").as_double(), 1e-6);
  EXPECT_NEAR(mean_absolute_error(a, b), scores.at("mae").as_double(), 1e-6);
  EXPECT_NEAR(r2_score(a, b), scores.at("r2").as_double(), 1e-6);
}

Tensor column(const std::vector<double>& rows, size_t width, size_t at) {
  std::vector<double> values;
  for (size_t i = at; i < rows.size(); i += width) values.push_back(rows[i]);
  return Tensor::from(values);
}

// The share of class 1 in each bin, then the mean probability.
void expect_reliability(const CalibrationCurve& curve, const Tensor& expected, const std::string& what) {
  std::vector<double> both = curve.prob_true;
  both.insert(both.end(), curve.prob_pred.begin(), curve.prob_pred.end());
  expect_numbers(both, expected, what, 1e-12);
  EXPECT_EQ(curve.counts.size(), curve.prob_true.size());
}

TEST(ClassicMetrics, CurvesOfProbabilitiesAreThoseOfScikitLearn) {
  const Golden golden("classic/curves");
  const Tensor &binary = golden.at("binary"), &prob = golden.at("prob");
  expect_reliability(calibration_curve(binary, prob), golden.at("uniform"), "uniform");
  expect_reliability(calibration_curve(binary, prob, {.n_bins = 8}), golden.at("uniform_8"), "uniform_8");
  expect_reliability(calibration_curve(binary, prob, {.n_bins = 4, .strategy = BinStrategy::kQuantile}),
                     golden.at("quantile"), "quantile");
  const Json scores = golden.json("scores");
  EXPECT_NEAR(average_precision_score(binary, prob), scores.at("average_precision").as_double(), 1e-12);

  const std::vector<double> rows = golden.at("rows").to_vector<double>();
  const std::vector<int32_t> labels = golden.at("labels").to_vector<int32_t>();
  for (size_t k = 0; k < 3; ++k) {
    std::vector<int32_t> one;
    for (const int32_t label : labels) one.push_back(label == static_cast<int32_t>(k));
    EXPECT_NEAR(roc_auc_score(Tensor::from(one), column(rows, 3, k)),
                scores.at("auc_rest").as_list()[k].as_double(), 1e-12);
    EXPECT_NEAR(average_precision_score(Tensor::from(one), column(rows, 3, k)),
                scores.at("average_precision_rest").as_list()[k].as_double(), 1e-12);
  }
  std::vector<double> top;
  std::vector<int32_t> right;
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = rows.begin() + static_cast<std::ptrdiff_t>(3 * i);
    const auto best = std::max_element(row, row + 3);
    top.push_back(*best);
    right.push_back(best - row == labels[i]);
  }
  expect_reliability(calibration_curve(Tensor::from(right), Tensor::from(top), {.n_bins = 10}),
                     golden.at("top"), "top");
  EXPECT_NEAR(expected_calibration_error(Tensor::from(right), Tensor::from(top)),
              scores.at("error").as_double(), 1e-12);
}

void expect_folds(const std::vector<Split>& splits, const Tensor& expected, const std::string& what) {
  const std::vector<int32_t> inside = expected.to_vector<int32_t>();
  const auto samples = static_cast<size_t>(expected.shape()[1]);
  ASSERT_EQ(static_cast<int64_t>(splits.size()), expected.shape()[0]) << what;
  for (size_t s = 0; s < splits.size(); ++s) {
    for (size_t i = 0; i < samples; ++i) {
      const auto number = static_cast<int64_t>(i);
      const auto& [train, test] = splits[s];
      EXPECT_EQ(std::count(test.begin(), test.end(), number), inside[s * samples + i]) << what;
      EXPECT_EQ(std::count(train.begin(), train.end(), number), 1 - inside[s * samples + i]) << what;
    }
  }
}

TEST(ClassicSplits, AreThoseOfScikitLearn) {
  const Golden golden("classic/splits");
  const Tensor &x = golden.at("x"), &y = golden.at("y");
  expect_folds(k_fold(x.shape()[0]), golden.at("k_fold"), "KFold");
  expect_folds(stratified_k_fold(y, {.n_splits = 4}), golden.at("stratified"), "StratifiedKFold");
  expect_numbers(cross_val_score(GaussianNB(), x, y, {.n_splits = 4}), golden.at("cross_val"),
                 "cross_val_score");
  const Tensor columns = x[{Slice{}, Slice{0, 2}}].eval(), target = x[{Slice{}, 2}].eval();
  // Predictions are float32 here, and float64 there.
  expect_numbers(cross_val_score(Ridge(), columns, target), golden.at("cross_val_numbers"), "of numbers",
                 2e-7);
}

TEST(ClassicGridSearch, FindsWhatScikitLearnFinds) {
  const Golden golden("classic/splits");
  GridSearchCV search(KNeighborsClassifier(),
                      {{"n_neighbors", {1, 3, 7}}, {"weights", {"uniform", "distance"}}}, {.n_splits = 4});
  EXPECT_THROW(search.best_score(), InvalidArgument);
  search.fit(golden.at("x"), golden.at("y"));
  std::vector<double> means;
  for (const auto& result : search.results()) means.push_back(result.mean);
  expect_numbers(means, golden.at("grid"), "means");
  EXPECT_EQ(search.best_params().dump(), golden.json("best").dump());
  EXPECT_EQ(search.best_estimator().params().at("n_neighbors"), golden.json("best").at("n_neighbors"));
}

}  // namespace
}  // namespace lamina::classic
