// Hinge losses: for scores that shall lie beyond 1 on the side of their class.
#pragma once

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// mean(max(1 - y_true * y_pred, 0)) over the last axis, for targets -1 and 1; where a batch holds nothing
/// but 0 and 1, its zeros count as -1 (Keras: keras.losses.Hinge).
class Hinge : public PlainLoss {
 public:
  explicit Hinge(LossOptions options = {})
      : PlainLoss("Hinge", "hinge", TargetKind::kYesNo, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// mean(square(max(1 - y_true * y_pred, 0))) over the last axis, for targets as Hinge takes them (Keras:
/// keras.losses.SquaredHinge).
class SquaredHinge : public PlainLoss {
 public:
  explicit SquaredHinge(LossOptions options = {})
      : PlainLoss("SquaredHinge", "squared_hinge", TargetKind::kYesNo, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// max(1 + the highest score of the wrong classes - the score of the right one, 0), for rows with a one at
/// the right class (Keras: keras.losses.CategoricalHinge).
class CategoricalHinge : public PlainLoss {
 public:
  explicit CategoricalHinge(LossOptions options = {})
      : PlainLoss("CategoricalHinge", "categorical_hinge", TargetKind::kClassRows, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

}  // namespace lamina
