// PiecewiseConstantDecay.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

namespace lamina {

/// Options of PiecewiseConstantDecay, with Keras's defaults.
struct PiecewiseConstantDecayOptions {
  std::string name = "PiecewiseConstant";
};

/// values[i] up to and including step boundaries[i], the last value after all of them
/// (Keras: keras.optimizers.schedules.PiecewiseConstantDecay): `PiecewiseConstantDecay({1000, 2000}, {1.0,
/// 0.5, 0.1})`.
class PiecewiseConstantDecay final : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless there is one value more than boundaries and these rise.
  PiecewiseConstantDecay(std::vector<double> boundaries, std::vector<double> values,
                         PiecewiseConstantDecayOptions options = {});
  std::string class_name() const override { return "PiecewiseConstantDecay"; }
  Json config() const override;
  Tensor operator()(const Tensor& step) const override;

 private:
  std::vector<double> boundaries_;
  std::vector<double> values_;
  PiecewiseConstantDecayOptions options_;
};

}  // namespace lamina
