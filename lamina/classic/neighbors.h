// Nearest neighbours: KNeighborsClassifier and KNeighborsRegressor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/classic/with_options.h"

namespace lamina::classic {

/// Arguments of KNeighborsClassifier and KNeighborsRegressor.
struct KNeighborsOptions {
  int64_t n_neighbors = 5;          ///< at least 1; fit needs as many samples
  std::string weights = "uniform";  ///< or "distance": a neighbour counts by the inverse of its distance
  static void fields(auto& self, auto&& visit) {
    visit("n_neighbors", self.n_neighbors);
    visit("weights", self.weights);
  }
};

/// Asks the samples that are nearest by Euclidean distance (scikit-learn: neighbors.KNeighborsClassifier). Of
/// equally near ones, those that came first. Scale the features first: StandardScaler.
class KNeighborsClassifier final : public WithOptions<Classifier, KNeighborsOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit KNeighborsClassifier(KNeighborsOptions options = {});
  std::string class_name() const override { return "KNeighborsClassifier"; }
  Json extent() const override;

 private:
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override;
  std::vector<double> probabilities(const detail::Matrix& x) const override { return scores(x); }
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  Tensor x_;
  std::vector<int32_t> y_;
};

/// The same for numbers: the mean of the neighbours' (scikit-learn: neighbors.KNeighborsRegressor).
class KNeighborsRegressor final : public WithOptions<Regressor, KNeighborsOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit KNeighborsRegressor(KNeighborsOptions options = {});
  std::string class_name() const override { return "KNeighborsRegressor"; }
  Json extent() const override;

 private:
  void check_options() const override;
  void fit_values(const detail::Matrix& x, std::span<const double> y) override;
  std::vector<double> values(const detail::Matrix& x) const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  Tensor x_;
  std::vector<double> y_;
};

}  // namespace lamina::classic
