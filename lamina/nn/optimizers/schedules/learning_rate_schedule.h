// LearningRateSchedule: a learning rate that follows from the number of the step. The concrete ones have a
// file each.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "lamina/core/tensor.h"
#include "lamina/nn/registry.h"

namespace lamina {

/// Base of all schedules (Keras: keras.optimizers.schedules.LearningRateSchedule). Given to an optimizer as
/// its learning_rate, a schedule is computed inside the compiled step from the optimizer's count of
/// iterations; the optimizer then has no variable "learning_rate", and its rate cannot be set.
class LearningRateSchedule {
 public:
  static constexpr const char* kKind = "learning-rate schedule";

  virtual ~LearningRateSchedule() = default;

  /// Keras's class name: "ExponentialDecay".
  virtual std::string class_name() const = 0;
  /// Keras's configuration.
  virtual Json config() const = 0;
  /// The learning rate of a step, a float32 scalar. `step` is an integer scalar, 0 for the first step. Pure
  /// and made of ops, so that it can be traced.
  virtual Tensor operator()(const Tensor& step) const = 0;

  /// The object as Keras writes it, in module "keras.optimizers.schedules".
  Json serialize() const { return serialize_object("keras.optimizers.schedules", class_name(), config()); }
};

/// What optimizers take as learning_rate: a number, which can be changed later, or a schedule.
class LearningRate {
 public:
  LearningRate(double value) : value_(value) {}
  LearningRate(std::shared_ptr<const LearningRateSchedule> schedule) : schedule_(std::move(schedule)) {}
  template <class S>
  requires std::derived_from<std::remove_cvref_t<S>, LearningRateSchedule> LearningRate(S&& schedule)
      : schedule_(std::make_shared<const std::remove_cvref_t<S>>(std::forward<S>(schedule))) {}

  /// Null for a number.
  const std::shared_ptr<const LearningRateSchedule>& schedule() const { return schedule_; }
  /// The number; 0 for a schedule.
  double value() const { return value_; }
  /// As Keras writes it: a number of float32 precision, or the schedule as an object.
  Json json() const;

 private:
  double value_ = 0;
  std::shared_ptr<const LearningRateSchedule> schedule_;
};

}  // namespace lamina
