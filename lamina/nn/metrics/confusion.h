// Metrics of right and wrong answers at thresholds: counts, precision, recall, and one at a given other.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics {

/// Thresholds of a metric: none, one number, or several, which give a row of results.
class Thresholds {
 public:
  Thresholds() = default;
  Thresholds(double one) : values_{one} {}
  Thresholds(std::initializer_list<double> several) : values_(several), list_(true) {}
  Thresholds(std::vector<double> several) : values_(std::move(several)), list_(true) {}

  /// In the order given; nothing: what the metric takes where none is.
  const std::vector<double>& values() const { return values_; }
  /// Whether they came as a list: Keras writes them so again.
  bool list() const { return list_; }

 private:
  std::vector<double> values_;
  bool list_ = false;
};

/// Base of metrics that count, for each of some thresholds, how often a prediction above it meets a target
/// that is not 0. Accumulators: one row of float64 for each kind of count, an element for each threshold.
class ConfusionMetric : public Metric {
 public:
  std::string name() const override { return name_; }
  std::vector<Variable> variables() const override;
  std::vector<Tensor> update(std::span<const Tensor> state, const Tensor& y_true,
                             const Tensor& y_pred) const override;
  std::vector<Tensor> update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                      const Tensor& y_pred, const Tensor& sample_weight) const override;

 protected:
  enum class Count { kTruePositives, kFalsePositives, kTrueNegatives, kFalseNegatives };

  /// What is counted, and of which predictions.
  struct Plan {
    std::vector<double> thresholds;
    std::vector<Count> counts;             ///< in the order of the accumulators
    std::vector<const char*> names;        ///< of the accumulators
    std::optional<int64_t> top_k = {};     ///< only the k largest predictions of a row can count as 1
    std::optional<int64_t> class_id = {};  ///< only this place of the last axis is looked at
    bool from_logits = false;              ///< predictions become probabilities first
    bool padded = false;                   ///< the outer thresholds lie a little outside of [0, 1]
    int64_t labels = 0;  ///< not 0: each of so many places of the last axis is counted by itself
    std::vector<double> label_weights =
        {};  ///< of the places of the last axis, where they are not counted apart
  };

  ConfusionMetric(std::string name, Plan plan);
  const Plan& plan() const { return plan_; }

  /// The accumulator `i` on the host: elements of thresholds, and within them of labels.
  static const double* values(std::span<const Tensor> state, size_t i) { return state[i].data<double>(); }
  /// 0 for nothing out of nothing, with float32's digits.
  static double share(double part, double rest);

 private:
  std::vector<Tensor> count(std::span<const Tensor> state, const Tensor& y_true, const Tensor& y_pred,
                            const Tensor& sample_weight) const;

  std::string name_;
  Plan plan_;
  std::vector<float> ascending_;  ///< the thresholds in order
  std::vector<int32_t> places_;   ///< of the thresholds among those
  bool even_;                     ///< whether they are 0, 1/(n-1), ..., 1
};

/// Arguments of the counts.
struct CountOptions {
  Thresholds thresholds = {};  ///< a prediction above it counts as 1, in [0, 1]; none: 0.5; several: a row of counts
  std::string name = {};       ///< default: the class in snake case
};

/// Base of the four counts.
class ConditionCount : public ConfusionMetric {
 public:
  Json config() const override;
  double result(std::span<const Tensor> state) const override;
  std::optional<std::vector<double>> row(std::span<const Tensor> state) const override;

 protected:
  ConditionCount(const char* default_name, Count count, const CountOptions& options);

 private:
  Thresholds thresholds_;
};

/// How many predictions of 1 have a target of 1 (Keras: keras.metrics.TruePositives).
class TruePositives : public ConditionCount {
 public:
  explicit TruePositives(const CountOptions& options = {})
      : ConditionCount("true_positives", Count::kTruePositives, options) {}
  std::string class_name() const override { return "TruePositives"; }
  bool higher_is_better() const override { return true; }
};

/// How many predictions of 0 have a target of 0 (Keras: keras.metrics.TrueNegatives).
class TrueNegatives : public ConditionCount {
 public:
  explicit TrueNegatives(const CountOptions& options = {})
      : ConditionCount("true_negatives", Count::kTrueNegatives, options) {}
  std::string class_name() const override { return "TrueNegatives"; }
  bool higher_is_better() const override { return true; }
};

/// How many predictions of 1 have a target of 0 (Keras: keras.metrics.FalsePositives).
class FalsePositives : public ConditionCount {
 public:
  explicit FalsePositives(const CountOptions& options = {})
      : ConditionCount("false_positives", Count::kFalsePositives, options) {}
  std::string class_name() const override { return "FalsePositives"; }
  bool higher_is_better() const override { return false; }
};

/// How many predictions of 0 have a target of 1 (Keras: keras.metrics.FalseNegatives).
class FalseNegatives : public ConditionCount {
 public:
  explicit FalseNegatives(const CountOptions& options = {})
      : ConditionCount("false_negatives", Count::kFalseNegatives, options) {}
  std::string class_name() const override { return "FalseNegatives"; }
  bool higher_is_better() const override { return false; }
};

/// Arguments of Precision and Recall.
struct PrecisionOptions {
  Thresholds thresholds = {};             ///< a prediction above it counts as 1; none: 0.5, with top_k any; several: a row
  std::optional<int64_t> top_k = {};      ///< only the k largest predictions of a row can count as 1
  std::optional<int64_t> class_id = {};   ///< only this class is looked at
  std::string name = {};                  ///< default: the class in snake case
};

/// Base of Precision and Recall.
class PositivesShare : public ConfusionMetric {
 public:
  Json config() const override;
  bool higher_is_better() const override { return true; }
  double result(std::span<const Tensor> state) const override;
  std::optional<std::vector<double>> row(std::span<const Tensor> state) const override;

 protected:
  PositivesShare(const char* class_name, const char* default_name, Count other, const char* other_name,
                 const PrecisionOptions& options);

 private:
  PrecisionOptions options_;
};

/// The share of predictions of 1 that are right (Keras: keras.metrics.Precision).
class Precision : public PositivesShare {
 public:
  explicit Precision(const PrecisionOptions& options = {})
      : PositivesShare("Precision", "precision", Count::kFalsePositives, "false_positives", options) {}
  std::string class_name() const override { return "Precision"; }
};

/// The share of targets of 1 that are found (Keras: keras.metrics.Recall).
class Recall : public PositivesShare {
 public:
  explicit Recall(const PrecisionOptions& options = {})
      : PositivesShare("Recall", "recall", Count::kFalseNegatives, "false_negatives", options) {}
  std::string class_name() const override { return "Recall"; }
};

/// Arguments of the metrics below.
struct AtOptions {
  int64_t num_thresholds = 200;          ///< how many thresholds are tried, 1 or more
  std::optional<int64_t> class_id = {};  ///< only this class is looked at
  std::string name = {};                 ///< default: the class in snake case
};

/// Base of metrics that say how good one share is where another is good enough.
class ShareAtShare : public ConfusionMetric {
 public:
  Json config() const override;
  bool higher_is_better() const override { return true; }
  double result(std::span<const Tensor> state) const override;

 protected:
  enum class Share { kPrecision, kRecall, kSpecificity };
  ShareAtShare(const char* class_name, const char* default_name, const char* argument, double value,
               Share needed, Share wanted, const AtOptions& options);

 private:
  double share_of(Share which, std::span<const Tensor> state, size_t threshold) const;

  const char* argument_;
  double value_;
  Share needed_, wanted_;
  AtOptions options_;
};

/// The highest recall of 1 where the recall of 0 is at least `specificity` (Keras:
/// keras.metrics.SensitivityAtSpecificity).
class SensitivityAtSpecificity : public ShareAtShare {
 public:
  /// Throws InvalidArgument for a number outside of [0, 1].
  explicit SensitivityAtSpecificity(double specificity, const AtOptions& options = {})
      : ShareAtShare("SensitivityAtSpecificity", "sensitivity_at_specificity", "specificity", specificity,
                     Share::kSpecificity, Share::kRecall, options) {}
  std::string class_name() const override { return "SensitivityAtSpecificity"; }
};

/// The highest recall of 0 where the recall of 1 is at least `sensitivity` (Keras:
/// keras.metrics.SpecificityAtSensitivity).
class SpecificityAtSensitivity : public ShareAtShare {
 public:
  /// Throws InvalidArgument for a number outside of [0, 1].
  explicit SpecificityAtSensitivity(double sensitivity, const AtOptions& options = {})
      : ShareAtShare("SpecificityAtSensitivity", "specificity_at_sensitivity", "sensitivity", sensitivity,
                     Share::kRecall, Share::kSpecificity, options) {}
  std::string class_name() const override { return "SpecificityAtSensitivity"; }
};

/// The highest precision where the recall is at least `recall` (Keras: keras.metrics.PrecisionAtRecall).
class PrecisionAtRecall : public ShareAtShare {
 public:
  /// Throws InvalidArgument for a number outside of [0, 1].
  explicit PrecisionAtRecall(double recall, const AtOptions& options = {})
      : ShareAtShare("PrecisionAtRecall", "precision_at_recall", "recall", recall, Share::kRecall,
                     Share::kPrecision, options) {}
  std::string class_name() const override { return "PrecisionAtRecall"; }
};

/// The highest recall where the precision is at least `precision` (Keras: keras.metrics.RecallAtPrecision).
class RecallAtPrecision : public ShareAtShare {
 public:
  /// Throws InvalidArgument for a number outside of [0, 1].
  explicit RecallAtPrecision(double precision, const AtOptions& options = {})
      : ShareAtShare("RecallAtPrecision", "recall_at_precision", "precision", precision, Share::kPrecision,
                     Share::kRecall, options) {}
  std::string class_name() const override { return "RecallAtPrecision"; }
};

}  // namespace lamina::metrics
