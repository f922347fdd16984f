// ExponentialDecay.
#pragma once

#include <string>

#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

namespace lamina {

/// Options of ExponentialDecay, with Keras's defaults.
struct ExponentialDecayOptions {
  bool staircase = false;  ///< whether the quotient is rounded down to whole numbers
  std::string name = "ExponentialDecay";
};

/// initial_learning_rate * decay_rate ^ (step / decay_steps) (Keras:
/// keras.optimizers.schedules.ExponentialDecay): `Adam(ExponentialDecay(0.1, 1000, 0.96, {.staircase =
/// true}))`.
class ExponentialDecay final : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless decay_steps is positive.
  ExponentialDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                   ExponentialDecayOptions options = {});
  std::string class_name() const override { return "ExponentialDecay"; }
  Json config() const override;
  Tensor operator()(const Tensor& step) const override;

 private:
  double initial_learning_rate_;
  double decay_steps_;
  double decay_rate_;
  ExponentialDecayOptions options_;
};

}  // namespace lamina
