// The registry of schedules, and what a learning rate is written as.
#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

#include "lamina/nn/detail/registry-inl.h"

namespace lamina {

template class Registry<LearningRateSchedule>;

Json LearningRate::json() const {
  return schedule_ ? schedule_->serialize() : Json(static_cast<double>(static_cast<float>(value_)));
}

}  // namespace lamina
