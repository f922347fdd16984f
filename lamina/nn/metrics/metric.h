// Metric: a number accumulated over batches.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// Base of all metrics (Keras: keras.metrics.Metric). The object holds configuration only; what it
/// accumulates are tensors that the caller keeps, so that a metric is part of a compiled step.
class Metric {
 public:
  static constexpr const char* kKind = "metric";

  /// One accumulator: starts at zero.
  struct Variable {
    std::string name;  ///< "total"
    TensorType type;
  };

  virtual ~Metric() = default;

  /// Keras's class name: "CategoricalAccuracy".
  virtual std::string class_name() const = 0;
  /// "categorical_accuracy", unless the user gave another.
  virtual std::string name() const = 0;
  /// Keras's configuration.
  virtual Json config() const = 0;
  /// Whether more is better, for callbacks that monitor in mode "auto".
  virtual bool higher_is_better() const = 0;

  /// Where accumulators go by the shapes of what is compared (batch included, -1): the metric for these
  /// shapes. Null: it needs no other. Throws InvalidArgument for shapes that it cannot compare.
  virtual std::shared_ptr<const Metric> for_shapes(const Shape& y_true, const Shape& y_pred) const;

  /// The accumulators, in Keras's order.
  virtual std::vector<Variable> variables() const = 0;
  /// The accumulators after one more batch; pure, and traced into the compiled step.
  virtual std::vector<Tensor> update(std::span<const Tensor> state, const Tensor& y_true,
                                     const Tensor& y_pred) const = 0;
  /// The same with a weight for each sample (batch,) or value (batch, time). The default throws
  /// InvalidArgument: not every metric knows weights.
  virtual std::vector<Tensor> update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                              const Tensor& y_pred, const Tensor& sample_weight) const;
  /// Whichever of the two fits: with the weights, and the mask that travels beside predictions; either may be
  /// undefined.
  std::vector<Tensor> update_masked(std::span<const Tensor> state, const Tensor& y_true, const Tensor& y_pred,
                                    const Tensor& sample_weight, const Tensor& mask) const;
  /// The value so far, from computed accumulators; it is read while training runs and must not allocate. Where
  /// the result is a row of numbers: their mean, which Keras's progress bar shows, too.
  virtual double result(std::span<const Tensor> state) const = 0;
  /// Metrics whose result is a row, a number for each class, threshold or column: that row, from computed
  /// accumulators. Nothing: the result is one number.
  virtual std::optional<std::vector<double>> row(std::span<const Tensor> state) const;

  /// A function of (y_true, y_pred) that gives the value of each sample; its mean over samples is the metric.
  /// Files hold its name only.
  using Function = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;
  static std::shared_ptr<const Metric> from_function(Function function);

  /// The object as Keras writes it, in module "keras.metrics".
  Json serialize() const { return serialize_object("keras.metrics", class_name(), config()); }
};

class Loss;
enum class TargetKind;

/// Whether the choice is a name whose meaning depends on targets and predictions, in upper or lower case as
/// in Keras: "accuracy" and "acc" of metrics, "crossentropy" and "ce" of losses.
bool goes_by_shape(const Choice<Metric>& metric);
bool goes_by_shape(const Choice<Loss>& loss);

/// The metric that the choice means for such targets and predictions: "accuracy" becomes binary, sparse
/// categorical or categorical accuracy by the shapes, as in Keras (but keeps its name in logs); other names
/// go through the registry. Shapes include the batch axis (-1).
std::shared_ptr<const Metric> resolve_metric(const Choice<Metric>& metric, const Shape& y_true,
                                             const Shape& y_pred);

/// The loss that the choice means: "crossentropy" goes by the shapes as above, other names through the
/// registry.
std::shared_ptr<const Loss> resolve_loss(const Choice<Loss>& loss, const Shape& y_true, const Shape& y_pred);

/// What the loss compares predictions of that shape with. Of "crossentropy", which goes by the shapes of
/// both, what labels of classes mean to it: 0 and 1 for one output, class numbers for several.
TargetKind target_kind_of(const Choice<Loss>& loss, const Shape& y_pred);

}  // namespace lamina
