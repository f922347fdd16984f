// Metrics that average an error: squared, absolute, and the cross-entropies.
#pragma once

#include <optional>

#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics {

/// The mean of a loss's values over all samples. It holds what the classes below share.
class LossMetric : public MeanMetric {
 public:
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override {
    return loss_->values(y_true, y_pred);
  }
  Tensor counting(const Tensor& y_true, const Tensor& values) const override {
    return loss_->counting(y_true, values);
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

/// Keras: keras.metrics.MeanAbsolutePercentageError.
class MeanAbsolutePercentageError : public LossMetric {
 public:
  explicit MeanAbsolutePercentageError(const MetricOptions& options = {});
  std::string class_name() const override { return "MeanAbsolutePercentageError"; }
};

/// Keras: keras.metrics.MeanSquaredLogarithmicError.
class MeanSquaredLogarithmicError : public LossMetric {
 public:
  explicit MeanSquaredLogarithmicError(const MetricOptions& options = {});
  std::string class_name() const override { return "MeanSquaredLogarithmicError"; }
};

/// Keras: keras.metrics.LogCoshError.
class LogCoshError : public LossMetric {
 public:
  explicit LogCoshError(const MetricOptions& options = {});
  std::string class_name() const override { return "LogCoshError"; }
};

/// Keras: keras.metrics.KLDivergence.
class KLDivergence : public LossMetric {
 public:
  explicit KLDivergence(const MetricOptions& options = {});
  std::string class_name() const override { return "KLDivergence"; }
};

/// Keras: keras.metrics.Poisson.
class Poisson : public LossMetric {
 public:
  explicit Poisson(const MetricOptions& options = {});
  std::string class_name() const override { return "Poisson"; }
};

/// Keras: keras.metrics.Hinge.
class Hinge : public LossMetric {
 public:
  explicit Hinge(const MetricOptions& options = {});
  std::string class_name() const override { return "Hinge"; }
};

/// Keras: keras.metrics.SquaredHinge.
class SquaredHinge : public LossMetric {
 public:
  explicit SquaredHinge(const MetricOptions& options = {});
  std::string class_name() const override { return "SquaredHinge"; }
};

/// Keras: keras.metrics.CategoricalHinge.
class CategoricalHinge : public LossMetric {
 public:
  explicit CategoricalHinge(const MetricOptions& options = {});
  std::string class_name() const override { return "CategoricalHinge"; }
};

/// Arguments of CosineSimilarity.
struct CosineMetricOptions {
  std::string name = {};  ///< default: "cosine_similarity"
  int axis = -1;          ///< along which vectors lie
};

/// The cosine of the angle between targets and predictions, 1 for the same direction: the negative of the
/// loss (Keras: keras.metrics.CosineSimilarity).
class CosineSimilarity : public LossMetric {
 public:
  explicit CosineSimilarity(const CosineMetricOptions& options = {});
  std::string class_name() const override { return "CosineSimilarity"; }
  bool higher_is_better() const override { return true; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  int axis_;
};

/// Arguments of the cross-entropies.
struct CrossentropyMetricOptions {
  std::string name = {};                     ///< default: the class in snake case
  bool from_logits = false;                  ///< predictions are logits and not probabilities
  double label_smoothing = 0.0;              ///< as in the loss; not of SparseCategoricalCrossentropy
  std::optional<int64_t> ignore_class = {};  ///< as in the loss; of SparseCategoricalCrossentropy alone
  int axis = -1;                             ///< as in the loss; not of BinaryCrossentropy, as in Keras
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
