// Adafactor.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Adafactor; the ones below relative_step are explained in OptimizerArguments.
struct AdafactorOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double beta_2_decay = -0.8;          ///< the mean of squares forgets with 1 - step^beta_2_decay
  double epsilon_1 = 1e-30;            ///< added to squares, >= 0
  double epsilon_2 = 1e-3;             ///< the least size of a weight that steps are relative to, >= 0
  double clip_threshold = 1.0;         ///< the size that a step has at most, before its rate; > 0
  bool relative_step = true;           ///< whether the rate is at most 1 / sqrt(step)
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "adafactor";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Adam for little memory (Shazeer and Stern, 2018; Keras: keras.optimizers.Adafactor): for weights of two
/// axes and more the mean of squared gradients is made of those of rows and columns, and steps are relative
/// to the size of the weight.
class Adafactor : public SlotOptimizer {
 public:
  explicit Adafactor(AdafactorOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Adafactor(LearningRate learning_rate, AdafactorOptions options = {});
  std::string class_name() const override { return "Adafactor"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override { return {{"velocity"}}; }
  std::vector<std::vector<Slot>> slots_of(const Target& target, size_t index) const override;
  Scalars scalars(const Tensor& learning_rate, const Tensor& step,
                  std::vector<Tensor>& shared) const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double beta_2_decay_, epsilon_1_, epsilon_2_, clip_threshold_;
  bool relative_step_;
};

}  // namespace lamina
