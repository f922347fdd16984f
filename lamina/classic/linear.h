// Linear models: LinearRegression, Ridge, LogisticRegression, LinearSVC.
#pragma once

#include <string>
#include <vector>

#include "lamina/classic/with_options.h"

namespace lamina::classic {

namespace detail {

/// y = coef x + intercept, one row of coef for each output.
struct LinearMap {
  std::vector<double> coef = {};       ///< (outputs, features)
  std::vector<double> intercept = {};  ///< (outputs)
};

}  // namespace detail

/// Arguments of LinearRegression.
struct LinearRegressionOptions {
  bool fit_intercept = true;  ///< whether a constant is learned, too
  static void fields(auto& self, auto&& visit) { visit("fit_intercept", self.fit_intercept); }
};

/// Least squares, computed in double precision (scikit-learn: linear_model.LinearRegression). Where columns
/// depend on each other, the solution of the smallest norm.
class LinearRegression final : public WithOptions<Regressor, LinearRegressionOptions> {
 public:
  explicit LinearRegression(LinearRegressionOptions options = {});
  std::string class_name() const override { return "LinearRegression"; }
  /// By feature. Empty before fit.
  const std::vector<double>& coef() const { return map_.coef; }
  /// Throws InvalidArgument before fit.
  double intercept() const;

 private:
  void check_options() const override {}
  void fit_values(const detail::Matrix& x, std::span<const double> y) override;
  std::vector<double> values(const detail::Matrix& x) const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  detail::LinearMap map_;
};

/// Arguments of Ridge.
struct RidgeOptions {
  double alpha = 1.0;         ///< weight of the squared coefficients beside the squared errors, at least 0
  bool fit_intercept = true;  ///< whether a constant is learned, too; it is not penalised
  static void fields(auto& self, auto&& visit) {
    visit("alpha", self.alpha);
    visit("fit_intercept", self.fit_intercept);
  }
};

/// Least squares with a penalty on large coefficients (scikit-learn: linear_model.Ridge).
class Ridge final : public WithOptions<Regressor, RidgeOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit Ridge(RidgeOptions options = {});
  std::string class_name() const override { return "Ridge"; }
  /// By feature. Empty before fit.
  const std::vector<double>& coef() const { return map_.coef; }
  /// Throws InvalidArgument before fit.
  double intercept() const;

 private:
  void check_options() const override;
  void fit_values(const detail::Matrix& x, std::span<const double> y) override;
  std::vector<double> values(const detail::Matrix& x) const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  detail::LinearMap map_;
};

/// Arguments of LogisticRegression.
struct LogisticRegressionOptions {
  double C = 1.0;          ///< weight of the samples' losses beside half the squared coefficients, above 0
  double tol = 1e-4;       ///< it ends where no slope of the mean loss is steeper, above 0
  int64_t max_iter = 100;  ///< and at the latest after so many iterations, which a warning tells; at least 1
  bool fit_intercept = true;  ///< whether a constant is learned, too; it is not penalised
  static void fields(auto& self, auto&& visit) {
    visit("C", self.C);
    visit("tol", self.tol);
    visit("max_iter", self.max_iter);
    visit("fit_intercept", self.fit_intercept);
  }
};

/// Probabilities of classes as the sigmoid, or for three and more classes the softmax, of a linear map, with
/// a penalty on large coefficients (scikit-learn: linear_model.LogisticRegression with the solver lbfgs).
/// Needs two classes. Scale the features first: StandardScaler.
class LogisticRegression final : public WithOptions<Classifier, LogisticRegressionOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit LogisticRegression(LogisticRegressionOptions options = {});
  std::string class_name() const override { return "LogisticRegression"; }
  /// (1, features) for two classes, else (classes, features). Empty before fit.
  const std::vector<double>& coef() const { return map_.coef; }
  /// One for each row of coef.
  const std::vector<double>& intercept() const { return map_.intercept; }

 private:
  bool takes_one_class() const override { return false; }
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override;
  std::vector<double> probabilities(const detail::Matrix& x) const override;
  std::vector<double> decisions(const detail::Matrix& x) const override;
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  detail::LinearMap map_;
};

/// Arguments of LinearSVC.
struct LinearSVCOptions {
  double C = 1.0;             ///< weight of the samples' losses beside half the squared coefficients, above 0
  double tol = 1e-4;          ///< it ends where the slope is this share of the first one, above 0
  int64_t max_iter = 1000;    ///< and at the latest after so many iterations, which a warning tells
  bool fit_intercept = true;  ///< whether a constant is learned, too
  double intercept_scaling = 1.0;  ///< its feature; as liblinear does, its coefficient is penalised, too
  static void fields(auto& self, auto&& visit) {
    visit("C", self.C);
    visit("tol", self.tol);
    visit("max_iter", self.max_iter);
    visit("fit_intercept", self.fit_intercept);
    visit("intercept_scaling", self.intercept_scaling);
  }
};

/// A linear support vector machine with the squared hinge loss; of three and more classes each against the
/// others (scikit-learn: svm.LinearSVC). Needs two classes. Scale the features first: StandardScaler.
class LinearSVC final : public WithOptions<Classifier, LinearSVCOptions> {
 public:
  /// Throws InvalidArgument for options out of their range.
  explicit LinearSVC(LinearSVCOptions options = {});
  std::string class_name() const override { return "LinearSVC"; }
  /// (1, features) for two classes, else (classes, features). Empty before fit.
  const std::vector<double>& coef() const { return map_.coef; }
  /// One for each row of coef.
  const std::vector<double>& intercept() const { return map_.intercept; }

 private:
  bool takes_one_class() const override { return false; }
  void check_options() const override;
  void fit_classes(const detail::Matrix& x, std::span<const int32_t> y) override;
  std::vector<double> scores(const detail::Matrix& x) const override;
  std::vector<double> decisions(const detail::Matrix& x) const override;
  void save_learned(EstimatorSnapshot& snapshot) const override;
  void load_learned(const EstimatorSnapshot& snapshot) override;
  detail::LinearMap map_;
};

}  // namespace lamina::classic
