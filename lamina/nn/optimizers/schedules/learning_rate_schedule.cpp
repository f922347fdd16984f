// The registry of schedules.
#include "lamina/nn/optimizers/schedules/learning_rate_schedule.h"

#include "lamina/nn/detail/registry-inl.h"

namespace lamina {

template class Registry<LearningRateSchedule>;

}  // namespace lamina
