// Boosting: a tree for the negative gradient, then one Newton step in each of its leaves.
#include "lamina/classic/gradient_boosting.h"

#include <algorithm>
#include <cmath>

#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/tree_options.h"
#include "lamina/classic/detail/with_options-inl.h"

namespace lamina::classic {

template class WithOptions<Classifier, GradientBoostingOptions>;
template class WithOptions<Regressor, GradientBoostingOptions>;

namespace {

using detail::Matrix;
using detail::Tree;

const bool gradient_boosting_known = detail::known_as<GradientBoostingClassifier>("GradientBoostingClassifier") &&
                   detail::known_as<GradientBoostingRegressor>("GradientBoostingRegressor");

void check(const GradientBoostingOptions& options, const std::string& where) {
  detail::check_ensemble_options(options, where);
  detail::require(options.learning_rate > 0 && std::isfinite(options.learning_rate), where, "learning_rate",
                  "above 0", options.learning_rate);
}

// Row by row, in place.
void softmax(std::vector<double>& raw, size_t width) {
  for (size_t at = 0; at < raw.size(); at += width) {
    const double top = *std::max_element(raw.begin() + static_cast<std::ptrdiff_t>(at),
                                         raw.begin() + static_cast<std::ptrdiff_t>(at + width));
    double sum = 0;
    for (size_t c = 0; c < width; ++c) sum += raw[at + c] = std::exp(raw[at + c] - top);
    for (size_t c = 0; c < width; ++c) raw[at + c] /= sum;
  }
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// What all stages say, (rows, width), from the numbers that the first one began with.
std::vector<double> raw_of(const std::vector<Tree>& trees, const std::vector<double>& start, double rate,
                           const Matrix& x) {
  const size_t width = start.size();
  std::vector<double> raw(static_cast<size_t>(x.rows) * width);
  detail::for_rows(x.rows, 20 * static_cast<double>(trees.size()), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double* row = raw.data() + static_cast<size_t>(i) * width;
      std::copy(start.begin(), start.end(), row);
      for (size_t t = 0; t < trees.size(); ++t)
        row[t % width] += rate * *trees[t].value_of(trees[t].leaf(x.row(i)));
    }
  });
  return raw;
}

// Sets the value of each leaf to scale * sum of residuals / sum of p (1 - p) and adds rate times it to the
// samples' raw numbers, which are `stride` apart. A residual is y - p.
void newton_leaves(Tree& tree, std::span<const double> y, std::span<const double> residual, double scale,
                   double rate, double* raw, size_t stride) {
  std::vector<double> above(tree.nodes(), 0.0), below(tree.nodes(), 0.0);
  for (size_t i = 0; i < y.size(); ++i) {
    const auto leaf = static_cast<size_t>(tree.leaf_of[i]);
    const double p = y[i] - residual[i];
    above[leaf] += residual[i];
    below[leaf] += p * (1 - p);
  }
  for (size_t n = 0; n < tree.nodes(); ++n) {
    if (tree.feature[n] < 0) tree.value[n] = std::abs(below[n]) < 1e-150 ? 0 : scale * above[n] / below[n];
  }
  for (size_t i = 0; i < y.size(); ++i)
    raw[i * stride] += rate * tree.value[static_cast<size_t>(tree.leaf_of[i])];
  tree.leaf_of = {};
}

std::shared_ptr<const std::vector<Tree>> load_stages(const EstimatorSnapshot& snapshot, int64_t features,
                                                     int64_t stages, int64_t width) {
  auto trees = std::make_shared<const std::vector<Tree>>(detail::load_trees(snapshot, features, 1));
  detail::require(static_cast<int64_t>(trees->size()) == stages * width, snapshot.class_name,
                  "the number of trees", "that of the stages times the classes", trees->size());
  return trees;
}

}  // namespace

GradientBoostingClassifier::GradientBoostingClassifier(GradientBoostingOptions options)
    : WithOptions(std::move(options)) {
  check_options();
}

void GradientBoostingClassifier::check_options() const { check(options_, class_name()); }

void GradientBoostingClassifier::fit_classes(const Matrix& x, std::span<const int32_t> y) {
  const auto classes = static_cast<size_t>(class_count());
  const size_t width = classes == 2 ? 1 : classes;
  const auto n = static_cast<size_t>(x.rows);
  std::vector<double> share(classes, 0.0);
  for (const int32_t label : y) share[static_cast<size_t>(label)] += 1.0 / static_cast<double>(n);
  start_.assign(width, 0.0);
  if (width == 1) {
    start_[0] = std::log(share[1] / share[0]);
  } else {
    double mean = 0;
    for (const double p : share) mean += std::log(p) / static_cast<double>(classes);
    for (size_t c = 0; c < classes; ++c) start_[c] = std::log(share[c]) - mean;
  }
  const detail::RankedFeatures ranked(x);
  const detail::GrowOptions grow =
      detail::grow_options(options_, x.columns, detail::Criterion::kSquaredError, class_name());
  const std::vector<int32_t> weights(n, 1);
  auto trees = std::make_shared<std::vector<Tree>>();
  std::vector<double> raw(n * width), target(n), residual(n);
  for (size_t i = 0; i < n; ++i)
    std::copy(start_.begin(), start_.end(), raw.begin() + static_cast<std::ptrdiff_t>(i * width));
  for (int64_t stage = 0; stage < options_.n_estimators; ++stage) {
    std::vector<double> p = raw;
    if (width == 1) {
      for (double& each : p) each = sigmoid(each);
    } else {
      softmax(p, width);
    }
    for (size_t c = 0; c < width; ++c) {
      for (size_t i = 0; i < n; ++i) {
        target[i] = static_cast<size_t>(y[i]) == (width == 1 ? 1 : c) ? 1 : 0;
        residual[i] = target[i] - p[i * width + c];
      }
      Tree tree = detail::grow_value_tree(
          ranked, residual, weights, grow,
          {static_cast<uint64_t>(options_.random_state), static_cast<uint32_t>(trees->size())}, true);
      const double scale = width == 1 ? 1 : static_cast<double>(classes - 1) / static_cast<double>(classes);
      newton_leaves(tree, target, residual, scale, options_.learning_rate, raw.data() + c, width);
      trees->push_back(std::move(tree));
    }
  }
  trees_ = trees;
}

std::vector<double> GradientBoostingClassifier::probabilities(const Matrix& x) const {
  const std::vector<double> raw = raw_of(*trees_, start_, options_.learning_rate, x);
  std::vector<double> p;
  if (start_.size() == 1) {
    for (const double each : raw) p.insert(p.end(), {1 - sigmoid(each), sigmoid(each)});
  } else {
    p = raw;
    softmax(p, start_.size());
  }
  return p;
}

std::vector<double> GradientBoostingClassifier::decisions(const Matrix& x) const {
  return raw_of(*trees_, start_, options_.learning_rate, x);
}

std::vector<double> GradientBoostingClassifier::feature_importances() const {
  check_fitted();
  return detail::importances_of(*trees_, n_features_in(), detail::Importance::kAsTheyAre);
}

Json GradientBoostingClassifier::extent() const {
  return fitted() ? detail::extent_of(*trees_) : Json::object();
}

void GradientBoostingClassifier::save_learned(EstimatorSnapshot& snapshot) const {
  detail::save_trees(*trees_, snapshot);
  snapshot.arrays["start"] = Tensor::from(start_, {static_cast<int64_t>(start_.size())});
}

void GradientBoostingClassifier::load_learned(const EstimatorSnapshot& snapshot) {
  const int64_t width = class_count() == 2 ? 1 : class_count();
  trees_ = load_stages(snapshot, features_, options_.n_estimators, width);
  start_ = detail::read_array<double>(snapshot, "start", {width});
}

GradientBoostingRegressor::GradientBoostingRegressor(GradientBoostingOptions options)
    : WithOptions(std::move(options)) {
  check_options();
}

void GradientBoostingRegressor::check_options() const { check(options_, class_name()); }

void GradientBoostingRegressor::fit_values(const Matrix& x, std::span<const double> y) {
  const detail::RankedFeatures ranked(x);
  const detail::GrowOptions grow =
      detail::grow_options(options_, x.columns, detail::Criterion::kSquaredError, class_name());
  const std::vector<int32_t> weights(y.size(), 1);
  start_ = 0;
  for (const double each : y) start_ += each / static_cast<double>(y.size());
  auto trees = std::make_shared<std::vector<Tree>>();
  std::vector<double> residual(y.begin(), y.end());
  for (double& each : residual) each -= start_;
  for (int64_t stage = 0; stage < options_.n_estimators; ++stage) {
    Tree tree = detail::grow_value_tree(
        ranked, residual, weights, grow,
        {static_cast<uint64_t>(options_.random_state), static_cast<uint32_t>(stage)}, true);
    for (size_t i = 0; i < residual.size(); ++i)
      residual[i] -= options_.learning_rate * tree.value[static_cast<size_t>(tree.leaf_of[i])];
    tree.leaf_of = {};
    trees->push_back(std::move(tree));
  }
  trees_ = trees;
}

std::vector<double> GradientBoostingRegressor::values(const Matrix& x) const {
  return raw_of(*trees_, {start_}, options_.learning_rate, x);
}

std::vector<double> GradientBoostingRegressor::feature_importances() const {
  check_fitted();
  return detail::importances_of(*trees_, n_features_in(), detail::Importance::kAsTheyAre);
}

Json GradientBoostingRegressor::extent() const {
  return fitted() ? detail::extent_of(*trees_) : Json::object();
}

void GradientBoostingRegressor::save(EstimatorSnapshot& snapshot) const {
  detail::save_trees(*trees_, snapshot);
  snapshot.values["start"] = start_;
}

void GradientBoostingRegressor::load(const EstimatorSnapshot& snapshot) {
  trees_ = load_stages(snapshot, features_, options_.n_estimators, 1);
  start_ = snapshot.values.at("start").as_double();
  detail::require(std::isfinite(start_), class_name(), "start", "a finite number", start_);
}

}  // namespace lamina::classic
