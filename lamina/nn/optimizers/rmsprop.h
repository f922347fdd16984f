// RMSprop.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of RMSprop; the ones below centered are explained in OptimizerArguments.
struct RMSpropOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double rho = 0.9;                    ///< decay of the mean of squared gradients, in [0, 1]
  double momentum = 0.0;               ///< in [0, 1]
  double epsilon = 1e-7;               ///< added under the root in the denominator
  bool centered = false;               ///< whether gradients are divided by their standard deviation
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "rm_sprop";  ///< Keras's automatic name
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// RMSprop (Hinton, 2012; Keras: keras.optimizers.RMSprop): v is a decaying mean of g * g, and
/// w -= learning_rate * g / sqrt(v + epsilon). With momentum, w -= m where m = momentum * m + that step;
/// centered, the square of a decaying mean of g is taken off v.
class RMSprop : public SlotOptimizer {
 public:
  explicit RMSprop(RMSpropOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit RMSprop(LearningRate learning_rate, RMSpropOptions options = {});
  std::string class_name() const override { return "RMSprop"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double rho_, momentum_, epsilon_;
  bool centered_;
};

}  // namespace lamina
