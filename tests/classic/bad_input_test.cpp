// What estimators say of data that nobody can learn from.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/classic/calibration.h"
#include "lamina/classic/forest.h"
#include "lamina/classic/linear.h"
#include "lamina/classic/metrics.h"
#include "lamina/classic/model_selection.h"
#include "lamina/classic/naive_bayes.h"
#include "lamina/classic/neighbors.h"
#include "lamina/classic/pipeline.h"
#include "lamina/classic/preprocessing.h"
#include "lamina/classic/svm.h"
#include "lamina/classic/tree.h"
#include "tests/support/told.h"

namespace lamina::classic {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

template <class F>
void expect_refused(F&& call, const std::vector<std::string>& words) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown; expected '" << words[0] << "'";
  } catch (const InvalidArgument& error) {
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

const Tensor& x() {
  static const Tensor x = Tensor::from<float>({{1, 2}, {2, 1}, {3, 5}, {4, 4}, {5, 0}, {6, 7}});
  return x;
}
const Tensor& y() {
  static const Tensor y = Tensor::from({0, 1, 0, 1, 1, 0});
  return y;
}

// Every class by name, so that a new one is tested, too.
std::vector<std::shared_ptr<Predictor>> predictors() {
  std::vector<std::shared_ptr<Predictor>> all;
  for (const char* name : {"DecisionTreeClassifier", "DecisionTreeRegressor", "RandomForestClassifier",
                           "RandomForestRegressor", "GradientBoostingClassifier", "GradientBoostingRegressor",
                           "LinearRegression", "Ridge", "LogisticRegression", "LinearSVC", "SVC",
                           "KNeighborsClassifier", "KNeighborsRegressor", "GaussianNB", "MultinomialNB"})
    all.push_back(std::dynamic_pointer_cast<Predictor>(Estimator::make(name)));
  return all;
}

TEST(ClassicBadInput, IsRefusedByEveryPredictor) {
  for (const auto& model : predictors()) {
    SCOPED_TRACE(model->class_name());
    expect_refused([&] { model->predict(x()); }, {model->class_name(), "call fit first"});
    expect_refused(
        [&] {
          model->fit(Tensor::from<float>({{1, kNaN}, {2, 3}}), Tensor::from({0, 1}));
        },
        {"NaN at row 0, column 1", "SimpleImputer"});
    expect_refused(
        [&] {
          model->fit(Tensor::from<float>({{1, INFINITY}, {2, 3}}), Tensor::from({0, 1}));
        },
        {"infinite value"});
    expect_refused([&] { model->fit(x(), Tensor::from({0, 1})); }, {"(6,)", "(2,)"});
    expect_refused(
        [&] {
          model->fit(Tensor::from({1.0f, 2.0f}), Tensor::from({0, 1}));
        },
        {"(samples, features)"});
    expect_refused([&] { model->fit(Tensor(), y()); }, {"no tensor"});
    expect_refused(
        [&] {
          model->fit(Tensor::from(std::vector<float>(), {0, 2}), Tensor::from(std::vector<int>(), {0}));
        },
        {"at least one sample"});
    model->fit(x(), y());
    expect_refused([&] { model->predict(Tensor::from<float>({{1, 2, 3}})); }, {"3 features", "fit saw 2"});
    expect_refused([&] { model->predict(Tensor::from<float>({{kNaN, 2}})); }, {"NaN"});
    expect_refused([&] { model->set_params(Json::object({{"no_such", 1}})); }, {"no parameter 'no_such'"});
    EXPECT_TRUE(model->fitted());
  }
}

TEST(ClassicBadInput, OneClassIsRefusedWhereTwoAreNeeded) {
  const Tensor same = Tensor::from({4, 4, 4, 4, 4, 4});
  for (const auto& model : predictors()) {
    SCOPED_TRACE(model->class_name());
    const std::string name = model->class_name();
    if (name == "LogisticRegression" || name == "LinearSVC" || name == "SVC" ||
        name == "GradientBoostingClassifier") {
      expect_refused([&] { model->fit(x(), same); }, {"at least two", "every label is 4"});
    } else {  // a constant label is the answer
      model->fit(x(), same);
      for (const float said : model->predict(x()).to_vector<float>()) EXPECT_NEAR(said, 4, 1e-5);
    }
  }
}

TEST(ClassicBadInput, LabelsAreWholeNumbers) {
  expect_refused(
      [] {
        GaussianNB().fit(x(), Tensor::from({0.5f, 1.f, 0.f, 1.f, 0.f, 1.f}));
      },
      {"whole numbers", "y[0]", "regressors"});
  expect_refused([] { Ridge().fit(x(), Tensor::from({kNaN, 1.f, 0.f, 1.f, 0.f, 1.f})); }, {"y[0]"});
}

TEST(ClassicBadInput, NeighboursNeedSamples) {
  expect_refused([] { KNeighborsClassifier({.n_neighbors = 7}).fit(x(), y()); },
                 {"n_neighbors = 7", "x has 6"});
  expect_refused([] { KNeighborsRegressor({.n_neighbors = 0}); }, {"n_neighbors must be at least 1"});
}

TEST(ClassicBadInput, FoldsNeedSamples) {
  expect_refused([] { k_fold(3); }, {"n_splits = 5", "received 3"});
  expect_refused([] { k_fold(3, {.n_splits = 1}); }, {"at least 2"});
  expect_refused([] { cross_val_score(GaussianNB(), x(), y(), {.n_splits = 4}); },
                 {"n_splits = 4", "more than any class has samples (3 at most)"});
  const test::Told told;
  stratified_k_fold(Tensor::from({0, 0, 0, 1}), {.n_splits = 3});
  const std::string warning = told.text();
  EXPECT_NE(warning.find("only 1 samples"), std::string::npos) << warning;
}

TEST(ClassicBadInput, SplitsNeedBothSides) {
  expect_refused([] { train_test_split(x(), y(), {.test_size = 1.5}); }, {"test_size", "1.5"});
  expect_refused([] { split_indices(1); }, {"leaves one side empty"});
  expect_refused([] { train_test_split(x(), Tensor::from({1, 2})); }, {"as many samples", "(2,)"});
  expect_refused(
      [] {
        split_indices(4, {.stratify = Tensor::from({0, 0, 0, 1})});
      },
      {"class 1 has one sample"});
  expect_refused([] { split_indices(6, {.test_size = 0.1, .stratify = y()}); }, {"each of the 2 classes"});
  expect_refused([] { split_indices(6, {.shuffle = false, .stratify = y()}); }, {"needs shuffle"});
}

TEST(ClassicBadInput, AColumnThatIsAllMissingHasNoMean) {
  const Tensor gaps = Tensor::from<float>({{1, kNaN}, {2, kNaN}});
  expect_refused([&] { SimpleImputer().fit(gaps); }, {"column 1 is all missing", "constant"});
  EXPECT_EQ(SimpleImputer({.strategy = "constant", .fill_value = 9}).fit_transform(gaps).to_vector<float>(),
            (std::vector<float>{1, 9, 2, 9}));
  expect_refused([] { SimpleImputer({.strategy = "mode"}); }, {"strategy", "\"mode\""});
}

TEST(ClassicBadInput, UnseenCategoriesAndTextsAreTold) {
  OneHotEncoder encoder;
  encoder.fit(Tensor::from<float>({{1}, {2}}));
  expect_refused([&] { encoder.transform(Tensor::from<float>({{3}})); }, {"3.0", "ignore"});
  LabelEncoder labels;
  labels.fit({"cat", "dog", "a name of two words", "\xe7\x8c\xab"});
  expect_refused([&] { labels.transform({"bird"}); }, {"'bird'"});
  expect_refused([&] { labels.inverse_transform(Tensor::from({4})); }, {"4 stands for nothing"});
  EXPECT_EQ(labels.inverse_transform(labels.transform({"\xe7\x8c\xab"}))[0], "\xe7\x8c\xab");
}

TEST(ClassicBadInput, UnseenLabelsCountAsWrong) {
  GaussianNB model;
  model.fit(x(), y());
  EXPECT_EQ(model.score(x(), Tensor::from({9, 9, 9, 9, 9, 9})), 0.0);
}

TEST(ClassicBadInput, OptionsAreChecked) {
  expect_refused([] { RandomForestClassifier({.n_estimators = 0}); }, {"n_estimators", "received 0"});
  expect_refused([] { RandomForestClassifier({.criterion = "ginny"}); }, {"criterion", "\"ginny\""});
  expect_refused([] { RandomForestClassifier({.max_features = "cube"}); }, {"max_features", "\"cube\""});
  expect_refused([] { DecisionTreeRegressor({.criterion = "gini"}); }, {"squared_error"});
  expect_refused([] { DecisionTreeClassifier({.max_depth = 0}); }, {"max_depth"});
  expect_refused([] { SVC({.C = 0}); }, {"C must be above 0"});
  expect_refused([] { SVC({.kernel = "poly"}); }, {"kernel", "\"poly\""});
  expect_refused([] { SVC({.gamma = -1}); }, {"gamma"});
  expect_refused([] { LogisticRegression({.C = -1}); }, {"C must be above 0"});
  expect_refused([] { Estimator::make("RandomForestClasifier"); }, {"RandomForestClassifier"});
  expect_refused(
      [] {
        RandomForestClassifier().set_params(Json::object({{"n_estimators", "many"}}));
      },
      {"n_estimators"});
  expect_refused(
      [] {
        RandomForestClassifier().set_params(Json::object({{"n_estimator", 5}}));
      },
      {"did you mean 'n_estimators'"});
}

TEST(ClassicBadInput, MultinomialNBTakesCounts) {
  expect_refused(
      [] {
        MultinomialNB().fit(Tensor::from<float>({{1, -2}, {2, 1}}), Tensor::from({0, 1}));
      },
      {"row 0, column 1 is negative"});
}

TEST(ClassicBadInput, GaussianNBNeedsAFeatureThatVaries) {
  expect_refused(
      [] {
        GaussianNB().fit(Tensor::from<float>({{1}, {1}}), Tensor::from({0, 1}));
      },
      {"no feature varies"});
}

TEST(ClassicBadInput, MetricsSayWhatTheyNeed) {
  expect_refused([] { roc_auc_score(Tensor::from({1, 1}), Tensor::from({0.1f, 0.2f})); }, {"both of them"});
  expect_refused([] { f1_score(Tensor::from({0, 2}), Tensor::from({0, 2})); }, {"received 2", "macro"});
  expect_refused([] { f1_score(Tensor::from({0, 1}), Tensor::from({0, 1}), "mean"); }, {"\"mean\""});
  expect_refused(
      [] {
        average_precision_score(Tensor::from({1, 1}), Tensor::from({0, 1}));
      },
      {"average_precision_score", "both of them"});
  expect_refused(
      [] {
        calibration_curve(Tensor::from({0, 2}), Tensor::from({0.5, 0.5}));
      },
      {"0 and 1", "received 2", "sample 1"});
  expect_refused(
      [] {
        calibration_curve(Tensor::from({0, 1}), Tensor::from({0.5, 1.5}));
      },
      {"from 0 to 1", "1.5", "sample 1"});
  expect_refused([] { calibration_curve(Tensor::from({0, 1}), Tensor::from({0.5})); }, {"2", "1"});
  expect_refused(
      [] {
        expected_calibration_error(Tensor::from({0, 1}), Tensor::from({0.5f, kNaN}));
      },
      {"expected_calibration_error"});
  expect_refused([] { calibration_curve(Tensor::from({1}), Tensor::from({0.5}), {.n_bins = 0}); },
                 {"n_bins", "received 0"});
  expect_refused([] { calibration_curve(Tensor(), Tensor()); }, {"at least one sample"});
  expect_refused([] { r2_score(Tensor::from({1.f}), Tensor::from({1.f})); }, {"at least two"});
  expect_refused([] { accuracy_score(Tensor::from({1, 2}), Tensor::from({1})); }, {"(2,)"});
  expect_refused(
      [] {
        classification_report(Tensor::from({0, 1}), Tensor::from({0, 1}), {"one"});
      },
      {"1 names for 2 classes"});
  EXPECT_EQ(r2_score(Tensor::from({2.f, 2.f}), Tensor::from({2.f, 2.f})), 1.0);
  EXPECT_EQ(r2_score(Tensor::from({2.f, 2.f}), Tensor::from({1.f, 2.f})), 0.0);
}

TEST(ClassicBadInput, WhatDoesNotConvergeIsTold) {
  const test::Told told;
  LogisticRegression({.max_iter = 1}).fit(x(), y());
  LinearSVC({.max_iter = 1}).fit(x(), y());
  SVC({.max_iter = 1}).fit(x(), y());
  const std::string warning = told.text();
  for (const char* name : {"LogisticRegression", "LinearSVC", "SVC stopped"})
    EXPECT_NE(warning.find(name), std::string::npos) << warning;
}

}  // namespace
}  // namespace lamina::classic
