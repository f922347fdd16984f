// Metrics of how far predictions go along with targets: R2, Pearson's correlation, concordance.
#pragma once

#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics {

/// Arguments of R2Score.
struct R2Options {
  /// How the columns of targets become one number: "uniform_average" or "variance_weighted_average"; "none",
  /// Keras's None, logs a row with a number for each.
  std::string class_aggregation = "uniform_average";
  int64_t num_regressors = 0;  ///< not 0: the score adjusted for so many independent inputs
  std::string name = {};       ///< default: "r2_score"
};

/// 1 - the sum of squared errors over that of squared distances from the mean target, for targets (batch,
/// columns): 1 is perfect, 0 no better than the mean (Keras: keras.metrics.R2Score).
class R2Score : public Metric {
 public:
  explicit R2Score(const R2Options& options = {}) : R2Score(options, 0) {}
  std::string class_name() const override { return "R2Score"; }
  std::string name() const override { return options_.name; }
  Json config() const override;
  bool higher_is_better() const override { return true; }
  std::shared_ptr<const Metric> for_shapes(const Shape& y_true, const Shape& y_pred) const override;
  std::vector<Variable> variables() const override;
  std::vector<Tensor> update(std::span<const Tensor> state, const Tensor& y_true,
                             const Tensor& y_pred) const override;
  std::vector<Tensor> update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                      const Tensor& y_pred, const Tensor& sample_weight) const override;
  double result(std::span<const Tensor> state) const override;
  std::optional<std::vector<double>> row(std::span<const Tensor> state) const override;

 private:
  double score_of(std::span<const Tensor> state, size_t column) const;
  double adjusted(double score, double samples) const;
  R2Score(R2Options options, int64_t columns);

  R2Options options_;
  int64_t columns_;  ///< 0: not known yet
};

/// Arguments of the correlations.
struct CorrelationOptions {
  int axis = -1;          ///< along which values are compared
  std::string name = {};  ///< default: the class in snake case
};

/// Pearson's correlation of targets and predictions along an axis, averaged over samples (Keras:
/// keras.metrics.PearsonCorrelation).
class PearsonCorrelation : public MeanMetric {
 public:
  explicit PearsonCorrelation(const CorrelationOptions& options = {})
      : MeanMetric({options.name}, "pearson_correlation"), axis_(options.axis) {}
  std::string class_name() const override { return "PearsonCorrelation"; }
  bool higher_is_better() const override { return true; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  int axis_;
};

/// The concordance of targets and predictions along an axis as Keras computes it, averaged over samples
/// (Keras: keras.metrics.ConcordanceCorrelation).
class ConcordanceCorrelation : public MeanMetric {
 public:
  explicit ConcordanceCorrelation(const CorrelationOptions& options = {})
      : MeanMetric({options.name}, "concordance_correlation"), axis_(options.axis) {}
  std::string class_name() const override { return "ConcordanceCorrelation"; }
  bool higher_is_better() const override { return true; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  int axis_;
};

}  // namespace lamina::metrics
