// CosineDecay.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

namespace lamina {

/// Options of CosineDecay, with Keras's defaults.
struct CosineDecayOptions {
  double alpha = 0.0;  ///< fraction that is left at the end
  std::string name = "CosineDecay";
  std::optional<double> warmup_target = {};  ///< nothing: no warm-up
  double warmup_steps = 0;
};

/// From initial_learning_rate along half a cosine to alpha times it within decay_steps, and stays there
/// (Loshchilov and Hutter, 2016; Keras: keras.optimizers.schedules.CosineDecay). With warmup_target, the rate
/// first rises in a line from initial_learning_rate to the target within warmup_steps, and decays from there.
class CosineDecay final : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless decay_steps is positive.
  CosineDecay(double initial_learning_rate, double decay_steps, CosineDecayOptions options = {});
  std::string class_name() const override { return "CosineDecay"; }
  Json config() const override;
  Tensor operator()(const Tensor& step) const override;

 private:
  double initial_learning_rate_;
  double decay_steps_;
  CosineDecayOptions options_;
};

}  // namespace lamina
