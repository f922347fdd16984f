// The accuracies: how often a prediction is right.
#pragma once

#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics {

/// How often predictions equal targets, element by element (Keras: keras.metrics.Accuracy). Not what the name
/// "accuracy" means in Model::compile: see resolve_metric.
class Accuracy : public MeanMetric {
 public:
  explicit Accuracy(MetricOptions options = {}) : MeanMetric(options, "accuracy") {}
  std::string class_name() const override { return "Accuracy"; }
  bool higher_is_better() const override { return true; }
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// Arguments of BinaryAccuracy.
struct BinaryAccuracyOptions {
  double threshold = 0.5;  ///< a prediction above it counts as 1
  std::string name = {};   ///< default: "binary_accuracy"
};

/// How often thresholded predictions equal targets of 0 and 1 (Keras: keras.metrics.BinaryAccuracy).
class BinaryAccuracy : public MeanMetric {
 public:
  explicit BinaryAccuracy(BinaryAccuracyOptions options = {})
      : MeanMetric({options.name}, "binary_accuracy"), threshold_(options.threshold) {}
  std::string class_name() const override { return "BinaryAccuracy"; }
  bool higher_is_better() const override { return true; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  double threshold_;
};

/// How often the largest prediction is that of the largest target, along the last axis (Keras:
/// keras.metrics.CategoricalAccuracy): for one-hot targets.
class CategoricalAccuracy : public MeanMetric {
 public:
  explicit CategoricalAccuracy(MetricOptions options = {}) : MeanMetric(options, "categorical_accuracy") {}
  std::string class_name() const override { return "CategoricalAccuracy"; }
  bool higher_is_better() const override { return true; }
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// How often the largest prediction along the last axis stands at the target's index (Keras:
/// keras.metrics.SparseCategoricalAccuracy).
class SparseCategoricalAccuracy : public MeanMetric {
 public:
  explicit SparseCategoricalAccuracy(MetricOptions options = {})
      : MeanMetric(options, "sparse_categorical_accuracy") {}
  std::string class_name() const override { return "SparseCategoricalAccuracy"; }
  bool higher_is_better() const override { return true; }
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// Arguments of TopKCategoricalAccuracy.
struct TopKOptions {
  int64_t k = 5;          ///< 1 or more
  std::string name = {};  ///< default: the class in snake case
};

/// How often the largest target is among the k largest predictions, along the last axis (Keras:
/// keras.metrics.TopKCategoricalAccuracy): for one-hot targets.
class TopKCategoricalAccuracy : public MeanMetric {
 public:
  /// Throws InvalidArgument for k below 1.
  explicit TopKCategoricalAccuracy(const TopKOptions& options = {});
  std::string class_name() const override { return "TopKCategoricalAccuracy"; }
  bool higher_is_better() const override { return true; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  int64_t k_;
};

/// Arguments of SparseTopKCategoricalAccuracy.
struct SparseTopKOptions {
  int64_t k = 5;                 ///< 1 or more
  bool from_sorted_ids = false;  ///< predictions are classes, the best first, and not scores
  std::string name = {};         ///< default: the class in snake case
};

/// How often the target's class is among the k largest predictions along the last axis (Keras:
/// keras.metrics.SparseTopKCategoricalAccuracy).
class SparseTopKCategoricalAccuracy : public MeanMetric {
 public:
  /// Throws InvalidArgument for k below 1.
  explicit SparseTopKCategoricalAccuracy(const SparseTopKOptions& options = {});
  std::string class_name() const override { return "SparseTopKCategoricalAccuracy"; }
  bool higher_is_better() const override { return true; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  int64_t k_;
  bool from_sorted_ids_;
};

}  // namespace lamina::metrics
