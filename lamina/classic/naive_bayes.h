// Naive Bayes: GaussianNB and MultinomialNB.
#pragma once

#include <string>
#include <vector>

#include "lamina/classic/with_options.h"

namespace lamina::classic {

/// Arguments of GaussianNB.
struct GaussianNBOptions {
  /// This share of the largest variance of a feature is added to all variances, at least 0.
  double var_smoothing = 1e-9;
  static void fields(auto& self, auto&& visit) { visit("var_smoothing", self.var_smoothing); }
};

/// Takes features for independent and normal within each class (scikit-learn: naive_bayes.GaussianNB).
class GaussianNB final : public WithOptions<Classifier, GaussianNBOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit GaussianNB(GaussianNBOptions options = {});
  std::string class_name() const override { return "GaussianNB"; }

 private:
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override;
  std::vector<double> probabilities(const detail::Matrix& x) const override;
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  std::vector<double> mean_, variance_, prior_;  // (classes, features) twice, (classes)
};

/// Arguments of MultinomialNB.
struct MultinomialNBOptions {
  double alpha = 1.0;     ///< added to every count, at least 0; below 1e-10 counts as that
  bool fit_prior = true;  ///< whether frequent classes are likelier, or all alike
  static void fields(auto& self, auto&& visit) {
    visit("alpha", self.alpha);
    visit("fit_prior", self.fit_prior);
  }
};

/// For counts, of words for example: x must not be negative (scikit-learn: naive_bayes.MultinomialNB).
class MultinomialNB final : public WithOptions<Classifier, MultinomialNBOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit MultinomialNB(MultinomialNBOptions options = {});
  std::string class_name() const override { return "MultinomialNB"; }

 private:
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override;
  std::vector<double> probabilities(const detail::Matrix& x) const override;
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  std::vector<double> log_share_, log_prior_;  // (classes, features), (classes)
};

}  // namespace lamina::classic
