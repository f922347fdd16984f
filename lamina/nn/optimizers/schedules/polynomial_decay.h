// PolynomialDecay.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

namespace lamina {

/// Options of PolynomialDecay, with Keras's defaults.
struct PolynomialDecayOptions {
  double end_learning_rate = 0.0001;
  double power = 1.0;
  bool cycle = false;  ///< whether to go on beyond decay_steps
  std::string name = "PolynomialDecay";
  /// As CosineDecay has it and Keras's PolynomialDecay does not; nothing: no warm-up. Not with cycle.
  std::optional<double> warmup_target = {};
  double warmup_steps = 0;
};

/// (initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ^ power + end_learning_rate; after
/// decay_steps it stays at the end or, with cycle, decay_steps grows to its next multiple and the rate rises
/// again (Keras: keras.optimizers.schedules.PolynomialDecay). With warmup_target, the rate first rises in a
/// line from initial_learning_rate to the target within warmup_steps, and decays from there.
class PolynomialDecay final : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless decay_steps is positive, and for a warm-up with cycle.
  PolynomialDecay(double initial_learning_rate, double decay_steps, PolynomialDecayOptions options = {});
  std::string class_name() const override { return "PolynomialDecay"; }
  Json config() const override;
  Tensor operator()(const Tensor& step) const override;

 private:
  double initial_learning_rate_;
  double decay_steps_;
  PolynomialDecayOptions options_;
};

}  // namespace lamina
