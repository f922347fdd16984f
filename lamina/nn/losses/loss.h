// Loss: what training makes small.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lamina/core/tensor.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// What a loss compares predictions with: how labels of classes have to be brought to it.
enum class TargetKind {
  kUnknown,       ///< a function: targets as they are
  kValues,        ///< numbers that mean themselves
  kYesNo,         ///< 0 or 1, or between them, for each output
  kClassNumbers,  ///< the number of the class
  kClassRows,     ///< a row with a one at the number of the class, or a share for each class
};

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

  /// Where data are read for a model, this tells classes from numbers; the dtype of the targets does not.
  virtual TargetKind target_kind() const { return TargetKind::kUnknown; }

  /// The loss of each sample, not yet reduced: shape (batch, ...) without the axis that the loss runs over.
  /// Throws InvalidArgument, naming both shapes, when targets and predictions do not fit.
  virtual Tensor values(const Tensor& y_true, const Tensor& y_pred) const = 0;

  /// Which of the values (bool, of their shape) count; undefined: all. The others count as masked ones do.
  virtual Tensor counting(const Tensor& y_true, const Tensor& values) const;

  /// "sum_over_batch_size" (the mean, default), "mean" (the same), "sum", "mean_with_sample_weight" or
  /// "none".
  virtual std::string reduction() const { return "sum_over_batch_size"; }

  /// The scalar to differentiate: values() reduced as reduction() says. Throws InvalidArgument for the
  /// reduction "none", which leaves no scalar.
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred) const;
  /// The same with a weight for each of the values, by which they are multiplied before they are reduced (the
  /// divisor stays their number, except that "mean_with_sample_weight" divides by the sum of weights).
  Tensor operator()(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const;
  /// The same with the mask that travels beside predictions, either may be undefined: what is masked counts
  /// for nothing, and a mean is over the rest. Weights (batch,) count for whole samples of more values.
  Tensor masked(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                const Tensor& mask) const;

  /// Looks at all targets of a training before it starts, on the host. Throws InvalidArgument for those that
  /// the loss cannot mean, with the first offender's index: labels outside 0..classes-1, say. `output` is the
  /// shape of the predictions, batch included (-1).
  virtual void check_targets(const Tensor& y_true, const Shape& output) const;

  /// A function of (y_true, y_pred) that gives the loss of each sample, as a loss. Files hold its name only.
  using Function = std::function<Tensor(const Tensor& y_true, const Tensor& y_pred)>;
  static std::shared_ptr<const Loss> from_function(Function function);

  /// The object as Keras writes it, in module "keras.losses".
  Json serialize() const { return serialize_object("keras.losses", class_name(), config()); }
};

/// A function as a loss, under a name: `.loss = LossFunction("contrastive", f)`.
class LossFunction : public Loss {
 public:
  /// Throws InvalidArgument for an empty function or name.
  LossFunction(std::string name, Function function);
  std::string class_name() const override { return name_; }
  std::string name() const override { return name_; }
  Json config() const override;
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;

 private:
  std::string name_;
  Function function_;
};

}  // namespace lamina
