// Single trees.
#include "lamina/classic/tree.h"

#include <algorithm>
#include <cmath>

#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/tree_options.h"
#include "lamina/classic/detail/with_options-inl.h"

namespace lamina::classic {

template class WithOptions<Classifier, DecisionTreeClassifierOptions>;
template class WithOptions<Regressor, DecisionTreeRegressorOptions>;

namespace detail {

int64_t features_for_split(const Json& max_features, int64_t features, const std::string& where) {
  const auto several = [&](double n) { return std::clamp<int64_t>(static_cast<int64_t>(n), 1, features); };
  if (max_features.is_null()) return features;
  if (max_features.is_int() && max_features.as_int() >= 1)
    return std::min<int64_t>(max_features.as_int(), features);
  if (max_features.kind() == Json::Kind::kDouble && max_features.as_double() > 0 &&
      max_features.as_double() <= 1)
    return several(max_features.as_double() * static_cast<double>(features));
  if (max_features == Json("sqrt")) return several(std::sqrt(static_cast<double>(features)));
  if (max_features == Json("log2")) return several(std::log2(static_cast<double>(features)));
  refuse(where, "max_features",
         "a number of features, a share above 0 and up to 1.0, \"sqrt\", \"log2\" or null", max_features);
}

Criterion class_criterion(const std::string& name, const std::string& where) {
  if (name == "gini") return Criterion::kGini;
  if (name == "entropy" || name == "log_loss") return Criterion::kEntropy;
  refuse(where, "criterion", "\"gini\", \"entropy\" or \"log_loss\"", name);
}

void check_value_criterion(const std::string& name, const std::string& where) {
  require(name == "squared_error", where, "criterion", "\"squared_error\"", name);
}

}  // namespace detail

namespace {

const bool tree_known = detail::known_as<DecisionTreeClassifier>("DecisionTreeClassifier") &&
                   detail::known_as<DecisionTreeRegressor>("DecisionTreeRegressor");

std::shared_ptr<const std::vector<detail::Tree>> one(detail::Tree tree) {
  auto trees = std::make_shared<std::vector<detail::Tree>>();
  trees->push_back(std::move(tree));
  return trees;
}

std::shared_ptr<const std::vector<detail::Tree>> load_one(const EstimatorSnapshot& snapshot, int64_t features,
                                                          int64_t width) {
  auto trees =
      std::make_shared<const std::vector<detail::Tree>>(detail::load_trees(snapshot, features, width));
  if (trees->size() != 1) throw InvalidArgument(snapshot.class_name + " has one tree");
  return trees;
}

std::vector<double> values_of_leaves(const detail::Tree& tree, const detail::Matrix& x) {
  std::vector<double> out(static_cast<size_t>(x.rows * tree.width));
  detail::for_rows(x.rows, 100, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      std::copy_n(tree.value_of(tree.leaf(x.row(i))), tree.width, out.begin() + i * tree.width);
  });
  return out;
}

}  // namespace

DecisionTreeClassifier::DecisionTreeClassifier(DecisionTreeClassifierOptions options)
    : WithOptions(std::move(options)) {
  check_options();
}

void DecisionTreeClassifier::check_options() const {
  detail::check_tree_options(options_, class_name());
  detail::class_criterion(options_.criterion, class_name());
}

void DecisionTreeClassifier::fit_classes(const detail::Matrix& x, std::span<const int32_t> y) {
  const std::vector<int32_t> weights(y.size(), 1);
  const detail::GrowOptions grow = detail::grow_options(
      options_, x.columns, detail::class_criterion(options_.criterion, class_name()), class_name());
  trees_ = one(detail::grow_class_tree(detail::RankedFeatures(x), y, class_count(), weights, grow,
                                       {static_cast<uint64_t>(options_.random_state), 0}));
}

std::vector<double> DecisionTreeClassifier::scores(const detail::Matrix& x) const {
  return values_of_leaves(trees_->front(), x);
}

std::vector<double> DecisionTreeClassifier::feature_importances() const {
  check_fitted();
  return detail::importances_of(*trees_, n_features_in());
}

Json DecisionTreeClassifier::extent() const { return fitted() ? detail::extent_of(*trees_) : Json::object(); }

void DecisionTreeClassifier::save_learned(EstimatorSnapshot& snapshot) const {
  detail::save_trees(*trees_, snapshot);
}

void DecisionTreeClassifier::load_learned(const EstimatorSnapshot& snapshot) {
  trees_ = load_one(snapshot, features_, class_count());
}

DecisionTreeRegressor::DecisionTreeRegressor(DecisionTreeRegressorOptions options)
    : WithOptions(std::move(options)) {
  check_options();
}

void DecisionTreeRegressor::check_options() const {
  detail::check_tree_options(options_, class_name());
  detail::check_value_criterion(options_.criterion, class_name());
}

void DecisionTreeRegressor::fit_values(const detail::Matrix& x, std::span<const double> y) {
  const std::vector<int32_t> weights(y.size(), 1);
  const detail::GrowOptions grow =
      detail::grow_options(options_, x.columns, detail::Criterion::kSquaredError, class_name());
  trees_ = one(detail::grow_value_tree(detail::RankedFeatures(x), y, weights, grow,
                                       {static_cast<uint64_t>(options_.random_state), 0}));
}

std::vector<double> DecisionTreeRegressor::values(const detail::Matrix& x) const {
  return values_of_leaves(trees_->front(), x);
}

std::vector<double> DecisionTreeRegressor::feature_importances() const {
  check_fitted();
  return detail::importances_of(*trees_, n_features_in());
}

Json DecisionTreeRegressor::extent() const { return fitted() ? detail::extent_of(*trees_) : Json::object(); }

void DecisionTreeRegressor::save(EstimatorSnapshot& snapshot) const { detail::save_trees(*trees_, snapshot); }

void DecisionTreeRegressor::load(const EstimatorSnapshot& snapshot) {
  trees_ = load_one(snapshot, features_, 1);
}

}  // namespace lamina::classic
