// Metrics that average an error: squared, absolute, and the cross-entropies.
#pragma once

#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics {

/// The mean of a loss's values over all samples. It holds what the classes below share.
class LossMetric : public MeanMetric {
 public:
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override {
    return loss_->values(y_true, y_pred);
  }

 protected:
  LossMetric(std::shared_ptr<const Loss> loss, const std::string& name)
      : MeanMetric({name}, loss->name().c_str()), loss_(std::move(loss)) {}

 private:
  std::shared_ptr<const Loss> loss_;
};

/// Keras: keras.metrics.MeanSquaredError.
class MeanSquaredError : public LossMetric {
 public:
  explicit MeanSquaredError(const MetricOptions& options = {});
  std::string class_name() const override { return "MeanSquaredError"; }
};

/// Keras: keras.metrics.MeanAbsoluteError.
class MeanAbsoluteError : public LossMetric {
 public:
  explicit MeanAbsoluteError(const MetricOptions& options = {});
  std::string class_name() const override { return "MeanAbsoluteError"; }
};

/// The square root of the mean squared error over all samples (Keras: keras.metrics.RootMeanSquaredError).
class RootMeanSquaredError : public LossMetric {
 public:
  explicit RootMeanSquaredError(const MetricOptions& options = {});
  std::string class_name() const override { return "RootMeanSquaredError"; }
  double result(std::span<const Tensor> state) const override;
};

/// Arguments of the cross-entropies.
struct CrossentropyMetricOptions {
  std::string name = {};         ///< default: the class in snake case
  bool from_logits = false;      ///< predictions are logits and not probabilities
  double label_smoothing = 0.0;  ///< as in the loss; not of SparseCategoricalCrossentropy
};

/// Keras: keras.metrics.CategoricalCrossentropy.
class CategoricalCrossentropy : public LossMetric {
 public:
  explicit CategoricalCrossentropy(const CrossentropyMetricOptions& options = {});
  std::string class_name() const override { return "CategoricalCrossentropy"; }
  Json config() const override;

 private:
  CrossentropyMetricOptions options_;
};

/// Keras: keras.metrics.SparseCategoricalCrossentropy.
class SparseCategoricalCrossentropy : public LossMetric {
 public:
  explicit SparseCategoricalCrossentropy(const CrossentropyMetricOptions& options = {});
  std::string class_name() const override { return "SparseCategoricalCrossentropy"; }
  Json config() const override;

 private:
  CrossentropyMetricOptions options_;
};

/// Keras: keras.metrics.BinaryCrossentropy.
class BinaryCrossentropy : public LossMetric {
 public:
  explicit BinaryCrossentropy(const CrossentropyMetricOptions& options = {});
  std::string class_name() const override { return "BinaryCrossentropy"; }
  Json config() const override;

 private:
  CrossentropyMetricOptions options_;
};

}  // namespace lamina::metrics
