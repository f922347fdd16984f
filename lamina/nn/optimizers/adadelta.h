// Adadelta.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Adadelta; the ones below epsilon are explained in OptimizerArguments.
struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double rho = 0.95;                   ///< decay of both means, in [0, 1]
  double epsilon = 1e-7;               ///< added under both roots, >= 0
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "adadelta";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Adadelta (Zeiler, 2012; Keras: keras.optimizers.Adadelta): with decaying means a of g * g and d of the
/// squares of past steps, the step is s = -g * sqrt(d + epsilon) / sqrt(a + epsilon), and
/// w += learning_rate * s. The paper has no learning rate: 1.
class Adadelta : public SlotOptimizer {
 public:
  explicit Adadelta(AdadeltaOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Adadelta(LearningRate learning_rate, AdadeltaOptions options = {});
  std::string class_name() const override { return "Adadelta"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double rho_, epsilon_;
};

}  // namespace lamina
