// Pipelines, columns side by side, clones, and splits that are drawn.
#include "lamina/classic/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/classic/linear.h"
#include "lamina/classic/metrics.h"
#include "lamina/classic/model_selection.h"
#include "lamina/classic/neighbors.h"
#include "lamina/classic/preprocessing.h"
#include "lamina/classic/svm.h"

namespace lamina::classic {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// One column in thousands, one in thousandths, which says the label, and gaps.
struct Data {
  Tensor x, y;
};
Data data(int64_t samples) {
  std::vector<float> x;
  std::vector<int32_t> y;
  for (int64_t i = 0; i < samples; ++i) {
    y.push_back(static_cast<int32_t>(i * 7 % 5 < 2));
    const auto noise = static_cast<float>(std::sin(static_cast<double>(i) * 12.9898));
    x.push_back(i % 10 == 3 ? kNaN : 4000 * noise);
    x.push_back(0.001f * (static_cast<float>(y.back()) + 0.6f * std::cos(noise * 91)));
  }
  return {Tensor::from(x, {samples, 2}), Tensor::from(y, {samples})};
}

Pipeline scaled_neighbors() {
  return Pipeline({{"fill", std::make_shared<SimpleImputer>()},
                   {"scale", std::make_shared<StandardScaler>()},
                   {"neighbors", std::make_shared<KNeighborsClassifier>()}});
}

TEST(Pipeline, PreparesWhatItPredictsFrom) {
  const Data all = data(200);
  const TrainTestSplit parts = train_test_split(all.x, all.y, {.stratify = all.y});
  Pipeline model = scaled_neighbors();
  model.fit(parts.x_train, parts.y_train);
  EXPECT_GT(model.score(parts.x_test, parts.y_test), 0.75);
  EXPECT_EQ(model.n_features_in(), 2);
  EXPECT_EQ(model.classes(), (std::vector<int32_t>{0, 1}));
  // By hand, the same.
  SimpleImputer fill;
  StandardScaler scale;
  KNeighborsClassifier neighbors;
  const Tensor prepared = scale.fit_transform(fill.fit_transform(parts.x_train));
  neighbors.fit(prepared, parts.y_train);
  EXPECT_EQ(neighbors.predict_proba(scale.transform(fill.transform(parts.x_test))).to_vector<float>(),
            model.predict_proba(parts.x_test).to_vector<float>());
}

TEST(Pipeline, ParametersOfStepsHaveTheirNames) {
  Pipeline model = scaled_neighbors();
  model.set_params(Json::object({{"neighbors__n_neighbors", 3}, {"fill__strategy", "median"}}));
  const auto copy = clone(model);
  EXPECT_EQ(copy->params(), model.params());
  EXPECT_EQ(copy->steps()[2].second->params().at("n_neighbors").as_int(), 3);
  EXPECT_FALSE(copy->fitted());
  EXPECT_THROW(model.set_params(Json::object({{"neighbours__n_neighbors", 3}})), InvalidArgument);
  EXPECT_THROW(model.set_params(Json::object({{"neighbors__n_neighbours", 3}})), InvalidArgument);
  const Data all = data(100);
  GridSearchCV search(model, {{"neighbors__n_neighbors", {1, 5, 9}}, {"scale__with_std", {true, false}}});
  search.fit(all.x, all.y);
  EXPECT_EQ(search.results().size(), 6u);
  // Unscaled, the useful column drowns.
  EXPECT_TRUE(search.best_params().at("scale__with_std").as_bool());
  EXPECT_GT(search.best_score(), 0.7);
}

TEST(Pipeline, RefusesStepsThatDoNotFit) {
  EXPECT_THROW(Pipeline(std::vector<Pipeline::Step>{}), InvalidArgument);
  EXPECT_THROW(Pipeline({{"scale", std::make_shared<StandardScaler>()}}), InvalidArgument);
  EXPECT_THROW(Pipeline({{"a", std::make_shared<SVC>()}, {"b", std::make_shared<SVC>()}}), InvalidArgument);
  EXPECT_THROW(Pipeline({{"a", std::make_shared<StandardScaler>()}, {"a", std::make_shared<SVC>()}}),
               InvalidArgument);
  EXPECT_THROW(Pipeline({{"a", nullptr}}), InvalidArgument);
  EXPECT_THROW(Estimator::make("Pipeline"), InvalidArgument);
}

TEST(ColumnTransformer, PutsResultsSideBySide) {
  const Tensor x = Tensor::from<float>({{1, 10, 5, 0}, {2, kNaN, 6, 1}, {3, 30, 5, 0}});
  ColumnTransformer columns(
      {{"fill", std::make_shared<SimpleImputer>(), {1}}, {"codes", std::make_shared<OneHotEncoder>(), {2}}},
      "passthrough");
  EXPECT_EQ(columns.fit_transform(x).to_vector<float>(),
            (std::vector<float>{10, 1, 0, 1, 0, 20, 0, 1, 2, 1, 30, 1, 0, 3, 0}));
  const auto copy = clone(columns);
  EXPECT_EQ(copy->params(), columns.params());
  EXPECT_THROW(columns.transform(Tensor::from<float>({{1, 2}})), InvalidArgument);
  EXPECT_THROW(ColumnTransformer({{"fill", std::make_shared<SimpleImputer>(), {4}}}).fit(x), InvalidArgument);
  EXPECT_THROW(ColumnTransformer(std::vector<ColumnStep>{}), InvalidArgument);
  EXPECT_THROW(ColumnTransformer({{"fill", nullptr, {1}}}), InvalidArgument);
}

TEST(TrainTestSplit, DrawsEverySampleOnce) {
  const Split split = split_indices(103, {.test_size = 0.2});
  EXPECT_EQ(split.test.size(), 21u);  // rounded up
  std::vector<int64_t> all = split.train;
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  for (int64_t i = 0; i < 103; ++i) EXPECT_EQ(all[static_cast<size_t>(i)], i);
  EXPECT_EQ(split_indices(103, {.test_size = 0.2}).test, split.test);
  EXPECT_NE(split_indices(103, {.test_size = 0.2, .random_state = 1}).test, split.test);
  EXPECT_EQ(split_indices(8, {.shuffle = false}).test, (std::vector<int64_t>{6, 7}));
}

TEST(TrainTestSplit, KeepsTheSharesOfClasses) {
  std::vector<int32_t> labels(100, 0);
  std::fill(labels.begin(), labels.begin() + 20, 1);
  std::fill(labels.begin(), labels.begin() + 8, 5);
  const Tensor y = Tensor::from(labels, {100});
  const TrainTestSplit parts = train_test_split(y.reshape({100, 1}), y, {.test_size = 0.25, .stratify = y});
  const std::vector<int32_t> test = parts.y_test.to_vector<int32_t>();
  EXPECT_EQ(std::count(test.begin(), test.end(), 0), 20);
  EXPECT_EQ(std::count(test.begin(), test.end(), 1), 3);
  EXPECT_EQ(std::count(test.begin(), test.end(), 5), 2);
  EXPECT_EQ(parts.x_test.to_vector<int32_t>(), test);
  EXPECT_EQ(parts.x_train.to_vector<int32_t>(), parts.y_train.to_vector<int32_t>());
}

TEST(KFold, ShufflesAndCoversEverySample) {
  const std::vector<Split> plain = k_fold(23, {.n_splits = 4}),
                           mixed = k_fold(23, {.n_splits = 4, .shuffle = true});
  std::vector<int> seen(23, 0);
  for (const Split& split : mixed) {
    EXPECT_EQ(split.train.size() + split.test.size(), 23u);
    for (const int64_t i : split.test) ++seen[static_cast<size_t>(i)];
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 23);
  EXPECT_NE(plain[0].test, mixed[0].test);
  const Tensor y = Tensor::from({0, 0, 0, 0, 1, 1, 1, 1});
  for (const Split& split : stratified_k_fold(y, {.n_splits = 4, .shuffle = true})) {
    ASSERT_EQ(split.test.size(), 2u);
    EXPECT_NE(split.test[0] < 4, split.test[1] < 4);
  }
}

}  // namespace
}  // namespace lamina::classic
