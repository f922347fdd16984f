// Trees and forests: what the golden files cannot say, because random numbers differ.
#include "lamina/classic/forest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/classic/detail/random_words.h"
#include "lamina/classic/gradient_boosting.h"
#include "lamina/classic/linear.h"
#include "lamina/classic/metrics.h"
#include "lamina/classic/neighbors.h"
#include "lamina/classic/svm.h"
#include "lamina/classic/tree.h"
#include "lamina/ops/random.h"

namespace lamina::classic {
namespace {

struct Data {
  Tensor x, labels, numbers;
};

// Two noisy rings and columns of noise; the numbers are distances from the middle.
Data rings(int64_t samples, unsigned seed, int64_t features = 6) {
  std::mt19937 random(seed);
  std::normal_distribution<float> noise;
  std::vector<float> x, numbers;
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < samples; ++i) {
    float square = 0;
    for (int64_t j = 0; j < features; ++j) {
      x.push_back(noise(random));
      if (j < 2) square += x.back() * x.back();
    }
    labels.push_back(square + 0.3f * noise(random) > 1.4f ? 7 : 3);
    numbers.push_back(std::sqrt(square));
  }
  return {Tensor::from(x, {samples, features}), Tensor::from(labels, {samples}),
          Tensor::from(numbers, {samples})};
}

TEST(RandomWords, AreThoseOfRandomBits) {
  const std::vector<int32_t> bits = random_bits(random_key(987654321012345), {40}, 17).to_vector<int32_t>();
  detail::RandomWords words(987654321012345, 17);
  for (const int32_t word : bits) EXPECT_EQ(words.next(), static_cast<uint32_t>(word));
}

TEST(DecisionTree, LearnsWhatItSaw) {
  const Data data = rings(300, 1);
  EXPECT_EQ(DecisionTreeClassifier().fit(data.x, data.labels).score(data.x, data.labels), 1.0);
  EXPECT_NEAR(DecisionTreeRegressor().fit(data.x, data.numbers).score(data.x, data.numbers), 1.0, 1e-12);
}

TEST(DecisionTree, StopsWhereItIsTold) {
  const Data data = rings(300, 1);
  DecisionTreeClassifier stump({.max_depth = 1});
  const EstimatorSnapshot snapshot = stump.fit(data.x, data.labels).snapshot();
  EXPECT_EQ(snapshot.arrays.at("feature").shape(), Shape({3}));
  DecisionTreeRegressor large({.min_samples_leaf = 150});
  large.fit(data.x, data.numbers);
  EXPECT_LE(large.snapshot().arrays.at("feature").size(), 3);
  DecisionTreeRegressor whole({.min_samples_split = 301});
  EXPECT_EQ(whole.fit(data.x, data.numbers).snapshot().arrays.at("feature").size(), 1);
}

// The two ways to a split, counting and sorting, must find the same one: copies of a column far apart in
// value range take different ways.
TEST(DecisionTree, SplitsBetweenNeighboursOfManyValues) {
  const int64_t samples = 4000;
  std::vector<float> x;
  std::vector<float> y;
  for (int64_t i = 0; i < samples; ++i) {
    x.push_back(static_cast<float>((i * 2654435761u) % 100003));
    y.push_back(x.back() < 31234.5f ? 1.0f : 5.0f);
  }
  DecisionTreeRegressor tree;
  tree.fit(Tensor::from(x, {samples, 1}), Tensor::from(y, {samples}));
  const EstimatorSnapshot snapshot = tree.snapshot();
  ASSERT_EQ(snapshot.arrays.at("feature").size(), 3);
  float below = 0, above = 1e9f;
  for (const float value : x)
    (value < 31234.5f ? below = std::max(below, value) : above = std::min(above, value));
  EXPECT_EQ(snapshot.arrays.at("threshold").to_vector<double>()[0], (below + above) / 2.0);
}

TEST(RandomForest, IsBetterThanATree) {
  const Data train = rings(400, 1), test = rings(400, 2);
  const double tree = DecisionTreeClassifier().fit(train.x, train.labels).score(test.x, test.labels);
  RandomForestClassifier forest({.n_estimators = 40});
  const double score = forest.fit(train.x, train.labels).score(test.x, test.labels);
  EXPECT_GT(score, tree);
  EXPECT_GT(score, 0.8);
  const std::vector<double> importances = forest.feature_importances();
  EXPECT_GT(importances[0] + importances[1], 0.6);
  EXPECT_NEAR(
      importances[0] + importances[1] + importances[2] + importances[3] + importances[4] + importances[5], 1,
      1e-12);
  EXPECT_EQ(forest.extent().at("trees").as_int(), 40);
  EXPECT_GT(forest.extent().at("depth").as_int(), 4);
  RandomForestRegressor regressor({.n_estimators = 40});
  const double single = DecisionTreeRegressor().fit(train.x, train.numbers).score(test.x, test.numbers);
  EXPECT_GT(regressor.fit(train.x, train.numbers).score(test.x, test.numbers), single);
}

TEST(GradientBoosting, SaysWhichFeaturesDecide) {
  const Data train = rings(400, 1);
  GradientBoostingClassifier boosting({.n_estimators = 20});
  EXPECT_THROW(boosting.feature_importances(), InvalidArgument);
  EXPECT_EQ(boosting.extent(), Json::object());
  const std::vector<double> importances = boosting.fit(train.x, train.labels).feature_importances();
  EXPECT_GT(importances[0] + importances[1], 0.6);
  EXPECT_NEAR(std::accumulate(importances.begin(), importances.end(), 0.0), 1, 1e-12);
  EXPECT_LE(boosting.extent().at("depth").as_int(), 3);
}

TEST(RandomForest, HasOtherTreesForOtherSeeds) {
  const Data train = rings(200, 1), test = rings(200, 2);
  const auto probabilities = [&](int64_t seed) {
    RandomForestClassifier forest({.n_estimators = 10, .random_state = seed});
    return forest.fit(train.x, train.labels).predict_proba(test.x).to_vector<float>();
  };
  EXPECT_EQ(probabilities(5), probabilities(5));
  EXPECT_NE(probabilities(5), probabilities(6));
}

// Everything that works on several threads.
TEST(Classic, GivesTheSameBitsForAnyNumberOfThreads) {
  const Data train = rings(500, 1), test = rings(100, 2);
  const auto learn = [&](const std::string& name, const Json& params, bool numbers) {
    const auto model = std::dynamic_pointer_cast<Predictor>(Estimator::make(name, params));
    model->fit(train.x, numbers ? train.numbers : train.labels);
    const Tensor said = numbers                                ? model->predict(test.x)
                        : name == "SVC" || name == "LinearSVC" ? model->decision_function(test.x)
                                                               : model->predict_proba(test.x);
    return said.to_vector<float>();
  };
  const Json few = Json::object({{"n_estimators", 4}}), none = Json::object();
  const std::vector<std::tuple<std::string, Json, bool>> all = {{"RandomForestClassifier", few, false},
                                                                {"RandomForestRegressor", few, true},
                                                                {"GradientBoostingClassifier", few, false},
                                                                {"GradientBoostingRegressor", few, true},
                                                                {"DecisionTreeClassifier", none, false},
                                                                {"LogisticRegression", none, false},
                                                                {"LinearSVC", none, false},
                                                                {"SVC", none, false},
                                                                {"LinearRegression", none, true},
                                                                {"KNeighborsClassifier", none, false},
                                                                {"GaussianNB", none, false}};
  const int before = num_threads();
  for (const auto& [name, params, numbers] : all) {
    set_num_threads(1);
    const std::vector<float> alone = learn(name, params, numbers);
    for (const int threads : {2, 5}) {
      set_num_threads(threads);
      EXPECT_EQ(learn(name, params, numbers), alone) << name << " with " << threads << " threads";
    }
  }
  set_num_threads(before);
}

TEST(SVC, DoesNotDependOnItsCache) {
  const Data train = rings(250, 1), test = rings(50, 2);
  const auto decisions = [&](double cache) {
    SVC svc({.cache_size = cache});
    return svc.fit(train.x, train.labels).decision_function(test.x).to_vector<float>();
  };
  // All of the kernel, forty rows of it, and two.
  const std::vector<float> all = decisions(200);
  for (const double cache : {0.04, 0.001}) {
    const std::vector<float> some = decisions(cache);
    for (size_t i = 0; i < all.size(); ++i) EXPECT_NEAR(some[i], all[i], 2e-3);
  }
}

// Columns of which one is the sum of two others: the smallest of all solutions, and the same predictions.
TEST(LinearRegression, TakesColumnsThatDependOnEachOther) {
  const Data data = rings(50, 3, 3);
  std::vector<float> x = data.x.to_vector<float>(), wide;
  for (size_t i = 0; i < 50; ++i)
    wide.insert(wide.end(), {x[3 * i], x[3 * i + 1], x[3 * i + 2], x[3 * i] + x[3 * i + 1]});
  LinearRegression plain, doubled;
  plain.fit(data.x, data.numbers);
  doubled.fit(Tensor::from(wide, {50, 4}), data.numbers);
  const std::vector<double>& c = doubled.coef();
  // Along (1, 1, 0, -1) nothing changes, so that the smallest solution has nothing there; float32 rounds the
  // sum.
  EXPECT_NEAR(c[0] + c[1] - c[3], 0, 1e-5);
  EXPECT_NEAR(c[0] + c[3], plain.coef()[0], 1e-5);
  EXPECT_NEAR(doubled.intercept(), plain.intercept(), 1e-5);
}

}  // namespace
}  // namespace lamina::classic
