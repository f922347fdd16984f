// LearningRateScheduler.
#include "lamina/nn/callbacks/learning_rate_scheduler.h"

#include <cmath>
#include <cstdio>

#include "lamina/base/error.h"
#include "lamina/nn/model.h"

namespace lamina {

LearningRateScheduler::LearningRateScheduler(Schedule schedule, LearningRateSchedulerOptions options)
    : schedule_(std::move(schedule)), options_(options) {
  if (!schedule_) throw InvalidArgument("LearningRateScheduler: the function is empty");
}

void LearningRateScheduler::on_epoch_begin(int epoch, const Logs&) {
  const double rate = schedule_(epoch, model().learning_rate());
  if (!(rate >= 0 && std::isfinite(rate))) {
    throw InvalidArgument(
        "LearningRateScheduler: the function must give a finite number of at least 0, received " +
        python_number(rate) + " for epoch " + std::to_string(epoch));
  }
  model().set_learning_rate(rate);
  if (options_.verbose > 0) {
    std::printf("\nEpoch %d: LearningRateScheduler setting learning rate to %s.\n", epoch + 1,
                python_number(rate).c_str());
  }
}

void LearningRateScheduler::add_logs(int, Logs& logs) { logs.set("learning_rate", model().learning_rate()); }

}  // namespace lamina
