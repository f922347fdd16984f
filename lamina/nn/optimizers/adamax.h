// Adamax.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Adamax; the ones below epsilon are explained in OptimizerArguments.
struct AdamaxOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double beta_1 = 0.9;                 ///< decay of the mean of gradients, in [0, 1)
  double beta_2 = 0.999;               ///< decay of the largest gradient, in [0, 1)
  double epsilon = 1e-7;               ///< added to the denominator, >= 0
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "adamax";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Adamax, Adam by the largest gradient (Kingma and Ba, 2014, section 7.1; Keras: keras.optimizers.Adamax): m
/// is a decaying mean of g, u = max(beta_2 * u, |g|), and in step t w -= learning_rate / (1 - beta_1^t) * m /
/// (u + epsilon).
class Adamax : public SlotOptimizer {
 public:
  explicit Adamax(AdamaxOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Adamax(LearningRate learning_rate, AdamaxOptions options = {});
  std::string class_name() const override { return "Adamax"; }
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
