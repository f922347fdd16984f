// Transformers: StandardScaler, MinMaxScaler, SimpleImputer, OneHotEncoder, ColumnTransformer; and
// LabelEncoder for text (scikit-learn: preprocessing, impute, compose).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/classic/with_options.h"

namespace lamina::classic {

/// Arguments of StandardScaler.
struct StandardScalerOptions {
  bool with_mean = true;  ///< whether each column's mean is taken away
  bool with_std = true;   ///< whether each column is divided by its standard deviation
  static void fields(auto& self, auto&& visit) {
    visit("with_mean", self.with_mean);
    visit("with_std", self.with_std);
  }
};

/// Columns of mean 0 and variance 1; constant columns are only moved (scikit-learn:
/// preprocessing.StandardScaler).
class StandardScaler final : public WithOptions<Transformer, StandardScalerOptions> {
 public:
  explicit StandardScaler(StandardScalerOptions options = {});
  std::string class_name() const override { return "StandardScaler"; }
  StandardScaler& fit(const Tensor& x) override;
  Tensor transform(const Tensor& x) const override;
  const std::vector<double>& mean() const { return mean_; }
  /// What columns are divided by.
  const std::vector<double>& scale() const { return scale_; }

 private:
  void check_options() const override {}
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::vector<double> mean_, scale_;
};

/// Arguments of MinMaxScaler.
struct MinMaxScalerOptions {
  double feature_min = 0;  ///< what a column's least value becomes (scikit-learn: feature_range[0])
  double feature_max = 1;  ///< what its largest becomes, above feature_min
  static void fields(auto& self, auto&& visit) {
    visit("feature_min", self.feature_min);
    visit("feature_max", self.feature_max);
  }
};

/// Columns stretched to a range; constant columns become feature_min (scikit-learn:
/// preprocessing.MinMaxScaler).
class MinMaxScaler final : public WithOptions<Transformer, MinMaxScalerOptions> {
 public:
  /// Throws InvalidArgument for a range that is none.
  explicit MinMaxScaler(MinMaxScalerOptions options = {});
  std::string class_name() const override { return "MinMaxScaler"; }
  MinMaxScaler& fit(const Tensor& x) override;
  Tensor transform(const Tensor& x) const override;

 private:
  void check_options() const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::vector<double> low_, scale_;
};

/// Arguments of SimpleImputer.
struct SimpleImputerOptions {
  std::string strategy = "mean";  ///< or "median", "most_frequent" (the least of these), "constant"
  double fill_value = 0;          ///< of "constant"
  static void fields(auto& self, auto&& visit) {
    visit("strategy", self.strategy);
    visit("fill_value", self.fill_value);
  }
};

/// Puts a column's mean, or another value, where it has NaN (scikit-learn: impute.SimpleImputer). A column
/// that is all missing is an error unless the strategy is "constant": drop it.
class SimpleImputer final : public WithOptions<Transformer, SimpleImputerOptions> {
 public:
  /// Throws InvalidArgument for an unknown strategy.
  explicit SimpleImputer(SimpleImputerOptions options = {});
  std::string class_name() const override { return "SimpleImputer"; }
  SimpleImputer& fit(const Tensor& x) override;
  Tensor transform(const Tensor& x) const override;
  /// By column.
  const std::vector<double>& statistics() const { return fill_; }

 private:
  void check_options() const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::vector<double> fill_;
};

/// Arguments of OneHotEncoder.
struct OneHotEncoderOptions {
  std::string handle_unknown = "error";  ///< what a value is that fit did not see; or "ignore": all zeros
  static void fields(auto& self, auto&& visit) { visit("handle_unknown", self.handle_unknown); }
};

/// A column for each value that a column has, ascending: 1 where it has it and 0 elsewhere (scikit-learn:
/// preprocessing.OneHotEncoder). Text is numbered first: LabelEncoder.
class OneHotEncoder final : public WithOptions<Transformer, OneHotEncoderOptions> {
 public:
  /// Throws InvalidArgument for another handle_unknown.
  explicit OneHotEncoder(OneHotEncoderOptions options = {});
  std::string class_name() const override { return "OneHotEncoder"; }
  /// Throws InvalidArgument for more than 100,000 columns in all.
  OneHotEncoder& fit(const Tensor& x) override;
  Tensor transform(const Tensor& x) const override;
  /// Of each column of x.
  const std::vector<std::vector<float>>& categories() const { return categories_; }

 private:
  void check_options() const override;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::vector<std::vector<float>> categories_;
};

/// Some columns of x and what is to be done with them.
struct ColumnStep {
  std::string name;
  std::shared_ptr<Transformer> transformer;
  std::vector<int64_t> columns;  ///< numbers of columns, from 0
};

/// A transformer for some columns and another for others; results stand side by side in the order of the
/// steps, and columns that no step names are dropped, or follow with remainder "passthrough" (scikit-learn:
/// compose.ColumnTransformer).
class ColumnTransformer final : public Transformer {
 public:
  ColumnTransformer() = default;
  /// Throws InvalidArgument for no steps, a step without a transformer or columns, and another remainder.
  /// @param steps      are changed by fit.
  /// @param remainder  "drop" or "passthrough".
  explicit ColumnTransformer(std::vector<ColumnStep> steps, std::string remainder = "drop");
  std::string class_name() const override { return "ColumnTransformer"; }
  Json params() const override;
  void set_params(const Json& params) override;
  ColumnTransformer& fit(const Tensor& x) override;
  Tensor transform(const Tensor& x) const override;
  const std::vector<ColumnStep>& steps() const { return steps_; }

 private:
  void check() const;
  std::vector<int64_t> remaining() const;
  void save(EstimatorSnapshot& snapshot) const override;
  void load(const EstimatorSnapshot& snapshot) override;
  std::vector<ColumnStep> steps_;
  std::string remainder_ = "drop";
};

/// Numbers texts, in ascending order of their bytes (scikit-learn: preprocessing.LabelEncoder).
class LabelEncoder {
 public:
  LabelEncoder& fit(const std::vector<std::string>& texts);
  /// int32 (texts). Throws InvalidArgument for one that fit did not see.
  Tensor transform(const std::vector<std::string>& texts) const;
  Tensor fit_transform(const std::vector<std::string>& texts) { return fit(texts).transform(texts); }
  /// Throws InvalidArgument for numbers that stand for nothing.
  std::vector<std::string> inverse_transform(const Tensor& numbers) const;
  const std::vector<std::string>& classes() const { return classes_; }

 private:
  std::vector<std::string> classes_;
};

}  // namespace lamina::classic
