// AUC: the area under a curve of right and wrong answers.
#pragma once

#include "lamina/nn/metrics/confusion.h"

namespace lamina::metrics {

/// Arguments of AUC.
struct AUCOptions {
  int64_t num_thresholds = 200;                    ///< how many points the curve has, 2 or more
  std::string curve = "ROC";                       ///< or "PR", precision over recall, or "PRGAIN"
  std::string summation_method = "interpolation";  ///< or "minoring", "majoring": the area between two points
  std::string name = {};                           ///< default: "auc"
  std::vector<double> thresholds = {};  ///< points of the curve besides 0 and 1, in place of num_thresholds
  bool multi_label = false;             ///< whether each place of the last axis has a curve; the mean counts
  std::optional<int64_t> num_labels = {};  ///< how many there are then; absent: as predictions have them
  std::vector<double> label_weights = {};  ///< of these curves in the mean, or of the places in the one curve
  bool from_logits = false;                ///< predictions are logits and not probabilities
};

/// The area under the curve over all samples, from a fixed number of points of it (Keras: keras.metrics.AUC).
class AUC : public ConfusionMetric {
 public:
  /// Throws InvalidArgument for arguments that cannot be.
  explicit AUC(AUCOptions options = {});
  std::string class_name() const override { return "AUC"; }
  Json config() const override;
  bool higher_is_better() const override { return true; }
  double result(std::span<const Tensor> state) const override;
  std::shared_ptr<const Metric> for_shapes(const Shape& y_true, const Shape& y_pred) const override;

 private:
  double area(std::span<const Tensor> state, size_t label) const;

  AUCOptions options_;
};

}  // namespace lamina::metrics
