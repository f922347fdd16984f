// Intersection over union, for segmentation.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics {

/// Arguments of IoU and of the metrics below.
struct IoUOptions {
  std::optional<int64_t> ignore_class = {};  ///< targets of this class do not count
  bool sparse_y_true = true;  ///< targets are class numbers; else rows, of which the largest counts
  bool sparse_y_pred = true;  ///< predictions are class numbers; else rows
  int axis = -1;              ///< along which rows lie
  std::string name = {};      ///< default: the class in snake case
};

/// For some classes, of `num_classes`: how much of what has or is predicted to have the class is both, in the
/// mean over those classes that occur (Keras: keras.metrics.IoU). Weights count as whole numbers, as in
/// Keras. Accumulator: a matrix of float64, how often each class (rows) was predicted as each (columns).
class IoU : public Metric {
 public:
  /// Throws InvalidArgument for classes that are not there.
  IoU(int64_t num_classes, std::vector<int64_t> target_class_ids, const IoUOptions& options = {});
  std::string class_name() const override { return "IoU"; }
  std::string name() const override { return options_.name; }
  Json config() const override;
  bool higher_is_better() const override { return true; }
  std::vector<Variable> variables() const override;
  std::vector<Tensor> update(std::span<const Tensor> state, const Tensor& y_true,
                             const Tensor& y_pred) const override;
  std::vector<Tensor> update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                      const Tensor& y_pred, const Tensor& sample_weight) const override;
  double result(std::span<const Tensor> state) const override;

 protected:
  IoU(const char* default_name, int64_t num_classes, std::vector<int64_t> target_class_ids,
      IoUOptions options);
  /// Which of the arguments a class has, in the order in which Keras writes them.
  Json config_of(bool classes, bool targets, bool sparse_true) const;
  const std::vector<int64_t>& targets() const { return targets_; }
  /// Class numbers of predictions.
  virtual Tensor predicted(const Tensor& y_pred) const;

 private:
  int64_t classes_;
  std::vector<int64_t> targets_;
  IoUOptions options_;
};

/// The mean over all classes (Keras: keras.metrics.MeanIoU).
class MeanIoU : public IoU {
 public:
  explicit MeanIoU(int64_t num_classes, const IoUOptions& options = {});
  std::string class_name() const override { return "MeanIoU"; }
  Json config() const override { return config_of(true, false, true); }
};

/// IoU of targets and predictions that are rows, of which the largest counts; `sparse_y_true` of the options
/// does not count, `sparse_y_pred` says whether predictions are numbers after all (Keras:
/// keras.metrics.OneHotIoU).
class OneHotIoU : public IoU {
 public:
  OneHotIoU(int64_t num_classes, std::vector<int64_t> target_class_ids,
            const IoUOptions& options = {.sparse_y_pred = false});
  std::string class_name() const override { return "OneHotIoU"; }
  Json config() const override { return config_of(true, true, false); }
};

/// The mean over all classes, for rows (Keras: keras.metrics.OneHotMeanIoU).
class OneHotMeanIoU : public IoU {
 public:
  explicit OneHotMeanIoU(int64_t num_classes, const IoUOptions& options = {.sparse_y_pred = false});
  std::string class_name() const override { return "OneHotMeanIoU"; }
  Json config() const override { return config_of(true, false, false); }
};

/// Arguments of BinaryIoU.
struct BinaryIoUOptions {
  std::vector<int64_t> target_class_ids = {0, 1};  ///< which of the two count
  double threshold = 0.5;                          ///< predictions from it on are 1
  std::string name = {};                           ///< default: "binary_io_u"
};

/// IoU of probabilities of 1 (Keras: keras.metrics.BinaryIoU).
class BinaryIoU : public IoU {
 public:
  explicit BinaryIoU(const BinaryIoUOptions& options = {});
  std::string class_name() const override { return "BinaryIoU"; }
  Json config() const override;

 protected:
  Tensor predicted(const Tensor& y_pred) const override;

 private:
  double threshold_;
};

}  // namespace lamina::metrics
