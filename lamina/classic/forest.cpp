// Forests: the trees grow side by side, each from its own stream of random numbers.
#include "lamina/classic/forest.h"

#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/tree_options.h"
#include "lamina/classic/detail/with_options-inl.h"

namespace lamina::classic {

template class WithOptions<Classifier, RandomForestClassifierOptions>;
template class WithOptions<Regressor, RandomForestRegressorOptions>;

namespace {

const bool forest_known = detail::known_as<RandomForestClassifier>("RandomForestClassifier") &&
                   detail::known_as<RandomForestRegressor>("RandomForestRegressor");

using Trees = std::shared_ptr<const std::vector<detail::Tree>>;

// `grow` makes a tree of how often each sample counts and a stream of random numbers.
template <class Options, class Grow>
Trees grow_forest(const Options& options, int64_t samples, Grow&& grow) {
  auto trees = std::make_shared<std::vector<detail::Tree>>(static_cast<size_t>(options.n_estimators));
  const double ns = 1e6 * static_cast<double>(options.n_estimators);
  parallel_parts(options.n_estimators, ns, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      detail::RandomWords random(static_cast<uint64_t>(options.random_state), static_cast<uint32_t>(t));
      std::vector<int32_t> weights(static_cast<size_t>(samples), options.bootstrap ? 0 : 1);
      for (int64_t i = 0; options.bootstrap && i < samples; ++i)
        ++weights[random.below(static_cast<uint32_t>(samples))];
      (*trees)[static_cast<size_t>(t)] = grow(weights, random);
    }
  });
  return trees;
}

// The mean of what the trees say, (rows, width); added up in their order.
std::vector<double> mean_of(const std::vector<detail::Tree>& trees, const detail::Matrix& x) {
  const int64_t width = trees[0].width;
  std::vector<double> out(static_cast<size_t>(x.rows * width), 0.0);
  const auto count = static_cast<double>(trees.size());
  detail::for_rows(x.rows, 100 * count, [&](int64_t begin, int64_t end) {
    for (const detail::Tree& tree : trees) {
      for (int64_t i = begin; i < end; ++i) {
        const double* value = tree.value_of(tree.leaf(x.row(i)));
        for (int64_t c = 0; c < width; ++c) out[static_cast<size_t>(i * width + c)] += value[c];
      }
    }
    for (int64_t i = begin * width; i < end * width; ++i) out[static_cast<size_t>(i)] /= count;
  });
  return out;
}

Trees load_forest(const EstimatorSnapshot& snapshot, int64_t features, int64_t width, int64_t n_estimators) {
  auto trees =
      std::make_shared<const std::vector<detail::Tree>>(detail::load_trees(snapshot, features, width));
  detail::require(static_cast<int64_t>(trees->size()) == n_estimators, snapshot.class_name,
                  "the number of trees", "n_estimators", trees->size());
  return trees;
}

}  // namespace

RandomForestClassifier::RandomForestClassifier(RandomForestClassifierOptions options)
    : WithOptions(std::move(options)) {
  check_options();
}

void RandomForestClassifier::check_options() const {
  detail::check_ensemble_options(options_, class_name());
  detail::class_criterion(options_.criterion, class_name());
}

void RandomForestClassifier::fit_classes(const detail::Matrix& x, std::span<const int32_t> y) {
  const detail::RankedFeatures ranked(x);
  const detail::GrowOptions grow = detail::grow_options(
      options_, x.columns, detail::class_criterion(options_.criterion, class_name()), class_name());
  trees_ =
      grow_forest(options_, x.rows, [&](const std::vector<int32_t>& weights, detail::RandomWords random) {
        return detail::grow_class_tree(ranked, y, class_count(), weights, grow, random);
      });
}

std::vector<double> RandomForestClassifier::scores(const detail::Matrix& x) const {
  return mean_of(*trees_, x);
}

std::vector<double> RandomForestClassifier::feature_importances() const {
  check_fitted();
  return detail::importances_of(*trees_, n_features_in());
}

Json RandomForestClassifier::extent() const { return fitted() ? detail::extent_of(*trees_) : Json::object(); }

void RandomForestClassifier::save_learned(EstimatorSnapshot& snapshot) const {
  detail::save_trees(*trees_, snapshot);
}

void RandomForestClassifier::load_learned(const EstimatorSnapshot& snapshot) {
  trees_ = load_forest(snapshot, features_, class_count(), options_.n_estimators);
}

RandomForestRegressor::RandomForestRegressor(RandomForestRegressorOptions options)
    : WithOptions(std::move(options)) {
  check_options();
}

void RandomForestRegressor::check_options() const {
  detail::check_ensemble_options(options_, class_name());
  detail::check_value_criterion(options_.criterion, class_name());
}

void RandomForestRegressor::fit_values(const detail::Matrix& x, std::span<const double> y) {
  const detail::RankedFeatures ranked(x);
  const detail::GrowOptions grow =
      detail::grow_options(options_, x.columns, detail::Criterion::kSquaredError, class_name());
  trees_ =
      grow_forest(options_, x.rows, [&](const std::vector<int32_t>& weights, detail::RandomWords random) {
        return detail::grow_value_tree(ranked, y, weights, grow, random);
      });
}

std::vector<double> RandomForestRegressor::values(const detail::Matrix& x) const {
  return mean_of(*trees_, x);
}

std::vector<double> RandomForestRegressor::feature_importances() const {
  check_fitted();
  return detail::importances_of(*trees_, n_features_in());
}

Json RandomForestRegressor::extent() const { return fitted() ? detail::extent_of(*trees_) : Json::object(); }

void RandomForestRegressor::save(EstimatorSnapshot& snapshot) const { detail::save_trees(*trees_, snapshot); }

void RandomForestRegressor::load(const EstimatorSnapshot& snapshot) {
  trees_ = load_forest(snapshot, features_, 1, options_.n_estimators);
}

}  // namespace lamina::classic
