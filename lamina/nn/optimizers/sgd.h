// SGD: gradient descent, plain or with momentum.
#pragma once

#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina {

/// Arguments of SGD; the ones below nesterov are explained in OptimizerArguments.
struct SGDOptions {
  LearningRate learning_rate = 0.01;  ///< a number or a schedule
  double momentum = 0.0;              ///< in [0, 1]
  bool nesterov = false;              ///< whether the step looks ahead along the velocity
  std::optional<double> weight_decay = {};
  std::optional<double> clipnorm = {};
  std::optional<double> clipvalue = {};
  std::optional<double> global_clipnorm = {};
  std::string name = "sgd";
  bool use_ema = false;
  double ema_momentum = 0.99;
  std::optional<int64_t> ema_overwrite_frequency = {};
  std::optional<double> loss_scale_factor = {};
  std::optional<int64_t> gradient_accumulation_steps = {};
};

/// Gradient descent (Keras: keras.optimizers.SGD): w -= learning_rate * g. With momentum,
/// v = momentum * v - learning_rate * g, then w += v, or w += momentum * v - learning_rate * g with nesterov.
class SGD : public SlotOptimizer {
 public:
  explicit SGD(SGDOptions options = {});
  /// The learning rate first, as in Python; that of `options` does not count.
  explicit SGD(LearningRate learning_rate, SGDOptions options = {});
  std::string class_name() const override { return "SGD"; }
  Json config() const override;

 protected:
  std::vector<std::vector<Slot>> slot_groups() const override;
  std::vector<Tensor> step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                           const Scalars& scalars) const override;

 private:
  double momentum_;
  bool nesterov_;
};

}  // namespace lamina
