// Adagrad.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Adagrad; the ones below epsilon are explained in OptimizerArguments.
struct AdagradOptions {
  LearningRate learning_rate = 0.001;      ///< a number or a schedule
  double initial_accumulator_value = 0.1;  ///< where the sums of squares start, >= 0
  double epsilon = 1e-7;                   ///< added under the root, >= 0
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "adagrad";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Adagrad (Duchi, Hazan and Singer, 2011; Keras: keras.optimizers.Adagrad): a is the sum of all g * g so
/// far, and w -= learning_rate * g / sqrt(a + epsilon). The paper's learning rate is 1.
class Adagrad : public SlotOptimizer {
 public:
  explicit Adagrad(AdagradOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Adagrad(LearningRate learning_rate, AdagradOptions options = {});
  std::string class_name() const override { return "Adagrad"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double initial_accumulator_value_, epsilon_;
};

}  // namespace lamina
