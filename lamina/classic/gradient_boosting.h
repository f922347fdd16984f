// Gradient boosting: GradientBoostingClassifier and GradientBoostingRegressor.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/classic/with_options.h"

namespace lamina::classic {

namespace detail {
struct Tree;
}

/// Arguments of GradientBoostingClassifier and GradientBoostingRegressor.
struct GradientBoostingOptions {
  int64_t n_estimators =
      100;  ///< stages, at least 1; each has a tree, or one for each of three and more classes
  double learning_rate = 0.1;            ///< what each tree's answer is multiplied with, above 0
  std::optional<int64_t> max_depth = 3;  ///< splits from the root to a leaf, at least 1; absent: no limit
  int64_t min_samples_split = 2;         ///< samples that a node needs to be split, at least 2
  int64_t min_samples_leaf = 1;          ///< samples that each side of a split needs, at least 1
  Json max_features = nullptr;           ///< features that each split looks at, as of a tree; null: all
  int64_t random_state = 0;              ///< seed of the order in which features are looked at
  static void fields(auto& self, auto&& visit) {
    visit("n_estimators", self.n_estimators);
    visit("learning_rate", self.learning_rate);
    visit("max_depth", self.max_depth);
    visit("min_samples_split", self.min_samples_split);
    visit("min_samples_leaf", self.min_samples_leaf);
    visit("max_features", self.max_features);
    visit("random_state", self.random_state);
  }
};

/// Small trees one after the other, each fitted to what those before left over, for the logarithmic loss
/// (Friedman, "Greedy Function Approximation", 2001; scikit-learn: ensemble.GradientBoostingClassifier).
/// Needs two classes.
class GradientBoostingClassifier final : public WithOptions<Classifier, GradientBoostingOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit GradientBoostingClassifier(GradientBoostingOptions options = {});
  std::string class_name() const override { return "GradientBoostingClassifier"; }
  std::vector<double> feature_importances() const override;
  Json extent() const override;

 private:
  bool takes_one_class() const override { return false; }
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override { return probabilities(x); }
  std::vector<double> probabilities(const detail::Matrix& x) const override;
  std::vector<double> decisions(const detail::Matrix& x) const override;
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  std::shared_ptr<const std::vector<detail::Tree>> trees_;  // by stage, then class
  std::vector<double> start_;                               // by class; one number for two classes
};

/// The same for numbers and the squared error (scikit-learn: ensemble.GradientBoostingRegressor).
class GradientBoostingRegressor final : public WithOptions<Regressor, GradientBoostingOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit GradientBoostingRegressor(GradientBoostingOptions options = {});
  std::string class_name() const override { return "GradientBoostingRegressor"; }
  std::vector<double> feature_importances() const override;
  Json extent() const override;

 private:
  void check_options() const override;
  void fit_values(const detail::Matrix& x, std::span<const double> y) override;
  std::vector<double> values(const detail::Matrix& x) const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::shared_ptr<const std::vector<detail::Tree>> trees_;
  double start_ = 0;
};

}  // namespace lamina::classic
