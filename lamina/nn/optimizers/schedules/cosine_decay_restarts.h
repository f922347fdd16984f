// CosineDecayRestarts.
#pragma once

#include <string>

#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

namespace lamina {

/// Options of CosineDecayRestarts, with Keras's defaults.
struct CosineDecayRestartsOptions {
  double t_mul = 2.0;  ///< how much longer each period is than the one before
  double m_mul = 1.0;  ///< how much higher each starts
  double alpha = 0.0;  ///< fraction that is left at the end of each
  std::string name = "SGDRDecay";
};

/// Half a cosine from initial_learning_rate to alpha times it within first_decay_steps, then again and again,
/// each time for t_mul as many steps and from m_mul as high (Loshchilov and Hutter, 2016; Keras:
/// keras.optimizers.schedules.CosineDecayRestarts).
class CosineDecayRestarts final : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless first_decay_steps is positive.
  CosineDecayRestarts(double initial_learning_rate, double first_decay_steps,
                      CosineDecayRestartsOptions options = {});
  std::string class_name() const override { return "CosineDecayRestarts"; }
  Json config() const override;
  Tensor operator()(const Tensor& step) const override;

 private:
  double initial_learning_rate_;
  double first_decay_steps_;
  CosineDecayRestartsOptions options_;
};

}  // namespace lamina
