// Ftrl.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Ftrl; the ones below beta are explained in OptimizerArguments.
struct FtrlOptions {
  LearningRate learning_rate = 0.001;       ///< a number or a schedule
  double learning_rate_power = -0.5;        ///< how the learning rate falls with the sums of squares, <= 0
  double initial_accumulator_value = 0.1;   ///< where the sums of squares start, >= 0
  double l1_regularization_strength = 0.0;  ///< >= 0; makes weights exactly 0
  double l2_regularization_strength = 0.0;  ///< >= 0
  double l2_shrinkage_regularization_strength =
      0.0;            ///< >= 0; adds its double times the weight to the gradient
  double beta = 0.0;  ///< >= 0; makes the first steps smaller
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "ftrl";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Follow the regularized leader (McMahan et al., 2013; Keras: keras.optimizers.Ftrl), for linear models with
/// very many inputs: a is the sum of all g * g so far and z keeps what all gradients together ask for; each
/// weight is what minimises z * w and its regularisation, 0 where |z| <= l1.
class Ftrl : public SlotOptimizer {
 public:
  explicit Ftrl(FtrlOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Ftrl(LearningRate learning_rate, FtrlOptions options = {});
  std::string class_name() const override { return "Ftrl"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double learning_rate_power_, initial_accumulator_value_, l1_regularization_strength_,
      l2_regularization_strength_, l2_shrinkage_regularization_strength_, beta_;
};

}  // namespace lamina
