// Random forests: RandomForestClassifier and RandomForestRegressor.
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

/// Arguments of RandomForestClassifier.
struct RandomForestClassifierOptions {
  int64_t n_estimators = 100;             ///< trees, at least 1
  std::string criterion = "gini";         ///< or "entropy", also called "log_loss"
  std::optional<int64_t> max_depth = {};  ///< splits from the root to a leaf, at least 1; absent: no limit
  int64_t min_samples_split = 2;          ///< samples that a node needs to be split, at least 2
  int64_t min_samples_leaf = 1;           ///< samples that each side of a split needs, at least 1
  /// Features that each split looks at: a number of them (1), a share (0.5), "sqrt", "log2", or null for all.
  Json max_features = "sqrt";
  bool bootstrap = true;     ///< whether each tree sees as many samples drawn with replacement, or all
  int64_t random_state = 0;  ///< seed of the samples and features that are drawn
  static void fields(auto& self, auto&& visit) {
    visit("n_estimators", self.n_estimators);
    visit("criterion", self.criterion);
    visit("max_depth", self.max_depth);
    visit("min_samples_split", self.min_samples_split);
    visit("min_samples_leaf", self.min_samples_leaf);
    visit("max_features", self.max_features);
    visit("bootstrap", self.bootstrap);
    visit("random_state", self.random_state);
  }
};

/// Arguments of RandomForestRegressor: as RandomForestClassifierOptions, but every split looks at all
/// features.
struct RandomForestRegressorOptions {
  int64_t n_estimators = 100;               ///< trees, at least 1
  std::string criterion = "squared_error";  ///< the only one
  std::optional<int64_t> max_depth = {};    ///< splits from the root to a leaf; absent: no limit
  int64_t min_samples_split = 2;            ///< samples that a node needs to be split, at least 2
  int64_t min_samples_leaf = 1;             ///< samples that each side of a split needs, at least 1
  Json max_features = 1.0;                  ///< features that each split looks at
  bool bootstrap = true;     ///< whether each tree sees as many samples drawn with replacement, or all
  int64_t random_state = 0;  ///< seed of the samples and features that are drawn
  static void fields(auto& self, auto&& visit) {
    visit("n_estimators", self.n_estimators);
    visit("criterion", self.criterion);
    visit("max_depth", self.max_depth);
    visit("min_samples_split", self.min_samples_split);
    visit("min_samples_leaf", self.min_samples_leaf);
    visit("max_features", self.max_features);
    visit("bootstrap", self.bootstrap);
    visit("random_state", self.random_state);
  }
};

/// Trees that each see other samples and other features, and the mean of what they say (Breiman, "Random
/// Forests", 2001; scikit-learn: ensemble.RandomForestClassifier). Trees grow on all threads.
class RandomForestClassifier final : public WithOptions<Classifier, RandomForestClassifierOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit RandomForestClassifier(RandomForestClassifierOptions options = {});
  std::string class_name() const override { return "RandomForestClassifier"; }
  std::vector<double> feature_importances() const override;
  Json extent() const override;

 private:
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override;
  std::vector<double> probabilities(const detail::Matrix& x) const override { return scores(x); }
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  std::shared_ptr<const std::vector<detail::Tree>> trees_;
};

/// The same for numbers (scikit-learn: ensemble.RandomForestRegressor).
class RandomForestRegressor final : public WithOptions<Regressor, RandomForestRegressorOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit RandomForestRegressor(RandomForestRegressorOptions options = {});
  std::string class_name() const override { return "RandomForestRegressor"; }
  std::vector<double> feature_importances() const override;
  Json extent() const override;

 private:
  void check_options() const override;
  void fit_values(const detail::Matrix& x, std::span<const double> y) override;
  std::vector<double> values(const detail::Matrix& x) const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::shared_ptr<const std::vector<detail::Tree>> trees_;
};

}  // namespace lamina::classic
