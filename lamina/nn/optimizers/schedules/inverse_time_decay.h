// InverseTimeDecay.
#pragma once

#include <string>

#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

namespace lamina {

/// Options of InverseTimeDecay, with Keras's defaults.
struct InverseTimeDecayOptions {
  bool staircase = false;  ///< whether the quotient is rounded down to whole numbers
  std::string name = "InverseTimeDecay";
};

/// initial_learning_rate / (1 + decay_rate * step / decay_steps)
/// (Keras: keras.optimizers.schedules.InverseTimeDecay).
class InverseTimeDecay final : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless decay_steps is positive.
  InverseTimeDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                   InverseTimeDecayOptions options = {});
  std::string class_name() const override { return "InverseTimeDecay"; }
  Json config() const override;
  Tensor operator()(const Tensor& step) const override;

 private:
  double initial_learning_rate_;
  double decay_steps_;
  double decay_rate_;
  InverseTimeDecayOptions options_;
};

}  // namespace lamina
