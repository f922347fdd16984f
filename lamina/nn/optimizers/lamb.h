// Lamb.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Lamb; the ones below epsilon are explained in OptimizerArguments.
struct LambOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double beta_1 = 0.9;                 ///< decay of the mean of gradients, in [0, 1)
  double beta_2 = 0.999;               ///< decay of the mean of their squares, in [0, 1)
  double epsilon = 1e-7;               ///< added to the denominator, >= 0
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "lamb";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Layer-wise Adam for large batches (You et al., 2019; Keras: keras.optimizers.Lamb): Adam's step u, scaled
/// for each weight as a whole by the norm of the weight over that of u, or by 1 where either is 0.
class Lamb : public SlotOptimizer {
 public:
  explicit Lamb(LambOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Lamb(LearningRate learning_rate, LambOptions options = {});
  std::string class_name() const override { return "Lamb"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  Scalars scalars(const Tensor& learning_rate, const Tensor& step,
                  std::vector<Tensor>& shared) const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double beta_1_, beta_2_, epsilon_;
};

}  // namespace lamina
