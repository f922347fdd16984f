// Adam and AdamW.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of Adam; the ones below amsgrad are explained in OptimizerArguments.
struct AdamOptions {
  LearningRate learning_rate = 0.001;  ///< a number or a schedule
  double beta_1 = 0.9;                 ///< decay of the mean of gradients, in [0, 1)
  double beta_2 = 0.999;               ///< decay of the mean of their squares, in [0, 1)
  double epsilon = 1e-7;               ///< added to the root in the denominator
  bool amsgrad = false;  ///< whether the denominator keeps its largest value so far (Reddi et al., 2018)
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "adam";
  /// Whether weight_decay is also of biases and of what normalises: of weights with fewer than two axes.
  bool decays_vectors = true;
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Adam (Kingma and Ba, 2014; Keras: keras.optimizers.Adam): m and v are decaying means of g and g * g, and
/// in step t w -= learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon).
class Adam : public SlotOptimizer {
 public:
  explicit Adam(AdamOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit Adam(LearningRate learning_rate, AdamOptions options = {});
  std::string class_name() const override { return "Adam"; }
  Json config() const override;

 protected:
  Adam(const std::string& class_name, const AdamOptions& options);
  std::vector<std::vector<Slot>> slot_groups() const override;
  Scalars scalars(const Tensor& learning_rate, const Tensor& step,
                  std::vector<Tensor>& shared) const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double beta_1_, beta_2_, epsilon_;
  bool amsgrad_;
};

/// Adam with weight decay, 0.004 unless given (Loshchilov and Hutter, 2019; Keras: keras.optimizers.AdamW).
class AdamW : public Adam {
 public:
  explicit AdamW(AdamOptions options = {});
  explicit AdamW(LearningRate learning_rate, AdamOptions options = {});
  std::string class_name() const override { return "AdamW"; }
};

}  // namespace lamina
