// Mean, and the base of all metrics that are a mean over samples.
#pragma once

#include "lamina/nn/metrics/metric.h"

namespace lamina::metrics {

/// Arguments that all metrics take.
struct MetricOptions {
  std::string name = {};  ///< under which it is logged; default: the class in snake case
};

/// Base of metrics that average a value over all samples seen (Keras: keras.metrics.MeanMetricWrapper).
/// Accumulators: "total", the sum of the samples' values, and "count", their number, both float64: Keras's
/// are float32, where a count stands still at 2^24 samples. A batch is summed in float32. A subclass gives
/// values().
class MeanMetric : public Metric {
 public:
  std::string name() const override { return name_; }
  Json config() const override;
  bool higher_is_better() const override { return false; }
  std::vector<Variable> variables() const override;
  std::vector<Tensor> update(std::span<const Tensor> state, const Tensor& y_true,
                             const Tensor& y_pred) const override;
  std::vector<Tensor> update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                      const Tensor& y_pred, const Tensor& sample_weight) const override;
  double result(std::span<const Tensor> state) const override;

  /// The value of each sample, of shape (batch, ...); further axes are averaged. Throws InvalidArgument,
  /// naming both shapes, when targets and predictions do not fit.
  virtual Tensor values(const Tensor& y_true, const Tensor& y_pred) const = 0;
  /// Which of the values (bool, of their shape) count where samples have weights; undefined: all. Without
  /// weights all count, as in Keras.
  virtual Tensor counting(const Tensor& y_true, const Tensor& values) const;

 protected:
  MeanMetric(const MetricOptions& options, const char* default_name)
      : name_(options.name.empty() ? default_name : options.name) {}

 private:
  std::vector<Tensor> add_weighted(std::span<const Tensor> state, Tensor each, Tensor weight) const;

  std::string name_;
};

/// A function as a metric, under a name: `.metrics = {metrics::MetricFunction("mape", f)}`.
class MetricFunction : public MeanMetric {
 public:
  /// Throws InvalidArgument for an empty function or name.
  MetricFunction(const std::string& name, Function function);
  std::string class_name() const override { return name(); }
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  Function function_;
};

/// The sum of the predictions themselves; targets are not looked at (Keras: keras.metrics.Sum). Accumulator:
/// "total", float64.
class Sum : public Metric {
 public:
  explicit Sum(const MetricOptions& options = {}) : name_(options.name.empty() ? "sum" : options.name) {}
  std::string class_name() const override { return "Sum"; }
  std::string name() const override { return name_; }
  Json config() const override;
  bool higher_is_better() const override { return false; }
  std::vector<Variable> variables() const override { return {{"total", {DType::kFloat64, {}}}}; }
  std::vector<Tensor> update(std::span<const Tensor> state, const Tensor& y_true,
                             const Tensor& y_pred) const override;
  std::vector<Tensor> update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                      const Tensor& y_pred, const Tensor& sample_weight) const override;
  double result(std::span<const Tensor> state) const override;

 private:
  std::string name_;
};

/// The mean of the predictions themselves; targets are not looked at (Keras: keras.metrics.Mean).
class Mean : public MeanMetric {
 public:
  explicit Mean(MetricOptions options = {}) : MeanMetric(options, "mean") {}
  std::string class_name() const override { return "Mean"; }
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

}  // namespace lamina::metrics
