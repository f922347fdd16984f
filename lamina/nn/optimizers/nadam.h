// Nadam.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Nadam; the ones below epsilon are explained in OptimizerArguments.
struct NadamOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double beta_1 = 0.9;                 ///< decay of the mean of gradients, in [0, 1)
  double beta_2 = 0.999;               ///< decay of the mean of their squares, in [0, 1)
  double epsilon = 1e-7;               ///< added to the denominator, >= 0
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "nadam";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Adam that looks ahead along the mean (Dozat, 2016; Keras: keras.optimizers.Nadam): the decay of the mean
/// grows, u_t = beta_1 * (1 - 0.96^t / 2), and the step goes along u_{t+1} * m / (1 - u_1 ... u_{t+1}) + (1 -
/// u_t) * g / (1 - u_1 ... u_t).
class Nadam : public SlotOptimizer {
 public:
  explicit Nadam(NadamOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Nadam(LearningRate learning_rate, NadamOptions options = {});
  std::string class_name() const override { return "Nadam"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  std::vector<Variable> shared_variables(DType dtype) const override;
  Scalars scalars(const Tensor& learning_rate, const Tensor& step,
                  std::vector<Tensor>& shared) const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double beta_1_, beta_2_, epsilon_;
};

}  // namespace lamina
