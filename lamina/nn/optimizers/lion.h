// Lion.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Lion; the ones below beta_2 are explained in OptimizerArguments.
struct LionOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double beta_1 = 0.9;                 ///< share of the mean in the direction of a step, in (0, 1]
  double beta_2 = 0.99;                ///< decay of the mean of gradients, in [0, 1]
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "lion";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Lion (Chen et al., 2023; Keras: keras.optimizers.Lion): m is a decaying mean of g, and
/// w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g). It wants a learning rate 3 to 10 times smaller
/// than Adam's.
class Lion : public SlotOptimizer {
 public:
  explicit Lion(LionOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Lion(LearningRate learning_rate, LionOptions options = {});
  std::string class_name() const override { return "Lion"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double beta_1_, beta_2_;
};

}  // namespace lamina
