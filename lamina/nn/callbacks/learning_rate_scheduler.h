// LearningRateScheduler: a learning rate for each epoch, from a function.
#pragma once

#include <functional>
#include <string>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// Options of LearningRateScheduler.
struct LearningRateSchedulerOptions {
  int verbose = 0;  ///< 1: say so each time
};

/// Sets the learning rate at the beginning of every epoch to what a function makes of the epoch (from 0) and
/// the present rate (Keras: keras.callbacks.LearningRateScheduler), and logs it as "learning_rate":
/// `LearningRateScheduler([](int epoch, double rate) { return epoch < 10 ? rate : rate * 0.9; })`.
class LearningRateScheduler final : public Callback {
 public:
  using Schedule = std::function<double(int epoch, double learning_rate)>;

  /// Throws InvalidArgument for an empty function.
  explicit LearningRateScheduler(Schedule schedule, LearningRateSchedulerOptions options = {});
  std::string class_name() const override { return "LearningRateScheduler"; }

  /// Throws InvalidArgument for a rate that is negative or not finite, and when the optimizer has a schedule.
  void on_epoch_begin(int epoch, const Logs& logs) override;
  void add_logs(int epoch, Logs& logs) override;

 private:
  Schedule schedule_;
  LearningRateSchedulerOptions options_;
};

}  // namespace lamina
