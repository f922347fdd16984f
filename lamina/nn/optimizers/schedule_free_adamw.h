// ScheduleFreeAdamW.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of ScheduleFreeAdamW; the ones below warmup_steps are explained in OptimizerArguments.
struct ScheduleFreeAdamWOptions {
  LearningRate learning_rate = 0.0025;  ///< a number or a schedule
  double beta_1 = 0.9;       ///< where gradients are taken: at 1 at the mean, at 0 at the latest, (0, 1)
  double beta_2 = 0.999;     ///< decay of the mean of squared gradients, in [0, 1)
  double epsilon = 1e-8;     ///< added to the denominator, >= 0
  int64_t warmup_steps = 0;  ///< steps in which the rate grows to its value
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "schedule_free_adam_w";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Adam whose steps are averaged, in place of a schedule that ends at nothing (Defazio et al., 2024; Keras:
/// keras.optimizers.ScheduleFreeAdamW). As Keras computes it on TensorFlow, where the mean of the steps
/// before is worked out with the latest step already taken.
class ScheduleFreeAdamW : public SlotOptimizer {
 public:
  explicit ScheduleFreeAdamW(ScheduleFreeAdamWOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit ScheduleFreeAdamW(LearningRate learning_rate, ScheduleFreeAdamWOptions options = {});
  std::string class_name() const override { return "ScheduleFreeAdamW"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  Scalars scalars(const Tensor& learning_rate, const Tensor& step,
                  std::vector<Tensor>& shared) const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double beta_1_, beta_2_, epsilon_;
  int64_t warmup_steps_;
};

}  // namespace lamina
