// Losses between distributions: the Kullback-Leibler divergence and Poisson's.
#pragma once

#include "lamina/nn/losses/plain_loss.h"

namespace lamina {

/// sum(y_true * log(y_true / y_pred)) over the last axis, both limited to [1e-7, 1] (Keras:
/// keras.losses.KLDivergence).
class KLDivergence : public PlainLoss {
 public:
  explicit KLDivergence(LossOptions options = {})
      : PlainLoss("KLDivergence", "kl_divergence", TargetKind::kClassRows, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

/// mean(y_pred - y_true * log(y_pred + 1e-7)) over the last axis: for counts, predicted by their mean (Keras:
/// keras.losses.Poisson).
class Poisson : public PlainLoss {
 public:
  explicit Poisson(LossOptions options = {})
      : PlainLoss("Poisson", "poisson", TargetKind::kValues, std::move(options)) {}
  Tensor values(const Tensor& y_true, const Tensor& y_pred) const override;
};

}  // namespace lamina
