// Decision trees: DecisionTreeClassifier and DecisionTreeRegressor.
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

/// Arguments of DecisionTreeClassifier, and of the trees in a RandomForestClassifier.
struct DecisionTreeClassifierOptions {
  std::string criterion = "gini";         ///< or "entropy", also called "log_loss"
  std::optional<int64_t> max_depth = {};  ///< splits from the root to a leaf, at least 1; absent: no limit
  int64_t min_samples_split = 2;          ///< samples that a node needs to be split, at least 2
  int64_t min_samples_leaf = 1;           ///< samples that each side of a split needs, at least 1
  /// Features that each split looks at: a number of them (1), a share (0.5), "sqrt", "log2", or null for all.
  Json max_features = nullptr;
  int64_t random_state = 0;  ///< seed of the order in which features are looked at
  static void fields(auto& self, auto&& visit) {
    visit("criterion", self.criterion);
    visit("max_depth", self.max_depth);
    visit("min_samples_split", self.min_samples_split);
    visit("min_samples_leaf", self.min_samples_leaf);
    visit("max_features", self.max_features);
    visit("random_state", self.random_state);
  }
};

/// Arguments of DecisionTreeRegressor: as DecisionTreeClassifierOptions.
struct DecisionTreeRegressorOptions {
  std::string criterion = "squared_error";  ///< the only one
  std::optional<int64_t> max_depth = {};    ///< splits from the root to a leaf; absent: no limit
  int64_t min_samples_split = 2;            ///< samples that a node needs to be split, at least 2
  int64_t min_samples_leaf = 1;             ///< samples that each side of a split needs, at least 1
  Json max_features = nullptr;              ///< features that each split looks at; null: all
  int64_t random_state = 0;                 ///< seed of the order in which features are looked at
  static void fields(auto& self, auto&& visit) {
    visit("criterion", self.criterion);
    visit("max_depth", self.max_depth);
    visit("min_samples_split", self.min_samples_split);
    visit("min_samples_leaf", self.min_samples_leaf);
    visit("max_features", self.max_features);
    visit("random_state", self.random_state);
  }
};

/// One tree of yes-or-no questions about single features, grown until its leaves are pure or a limit says no
/// (scikit-learn: tree.DecisionTreeClassifier). Probabilities are the shares of the classes in a leaf.
class DecisionTreeClassifier final : public WithOptions<Classifier, DecisionTreeClassifierOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit DecisionTreeClassifier(DecisionTreeClassifierOptions options = {});
  std::string class_name() const override { return "DecisionTreeClassifier"; }
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

/// The same for numbers: a leaf says the mean of its samples (scikit-learn: tree.DecisionTreeRegressor).
class DecisionTreeRegressor final : public WithOptions<Regressor, DecisionTreeRegressorOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit DecisionTreeRegressor(DecisionTreeRegressorOptions options = {});
  std::string class_name() const override { return "DecisionTreeRegressor"; }
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
