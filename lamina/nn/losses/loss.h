// Loss: what training makes small.
#pragma once

#include <string>

#include "lamina/core/tensor.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// Base of all losses (Keras: keras.losses.Loss). A loss has no state: it is a function of two tensors.
class Loss {
 public:
  static constexpr const char* kKind = "loss";
  virtual ~Loss() = default;

  /// Keras's class name: "CategoricalCrossentropy".
  virtual std::string class_name() const = 0;
  /// "categorical_crossentropy", unless the user gave another.
  virtual std::string name() const = 0;
  /// Keras's configuration.
  virtual Json config() const = 0;

  /// The loss of each sample, not yet reduced: shape (batch, ...) without the axis that the loss runs over.
  /// Throws InvalidArgument, naming both shapes, when targets and predictions do not fit.
  virtual Tensor values(const Tensor& y_true, const Tensor& y_pred) const = 0;

  /// "sum_over_batch_size" (the mean, default), "mean" (the same), "sum", "mean_with_sample_weight" or
  /// "none".
  virtual std::string reduction() const { return "sum_over_batch_size"; }

  /// The scalar to differentiate: values() reduced as reduction() says. Throws InvalidArgument for the
  /// reduction "none", which leaves no scalar.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  /// The same with a weight for each of the values, by which they are multiplied before they are reduced (the
  /// divisor stays their number, except that "mean_with_sample_weight" divides by the sum of weights).
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const;

  /// Looks at all targets of a training before it starts, on the host. Throws InvalidArgument for those that
  /// the loss cannot mean, with the first offender's index: labels outside 0..classes-1, say. `output` is the
  /// shape of the predictions, batch included (-1).
  virtual void check_targets(const Tensor& y_true, const Shape& output) const;

  /// The object as Keras writes it, in module "keras.losses".
  Json serialize() const { return serialize_object("keras.losses", class_name(), config()); }
};

}  // namespace lamina
