// What the schedules share: the check of their numbers of steps, and the step as they calculate with it. Not
// for users.
#pragma once

#include <cmath>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/core/tensor.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina::detail {

/// Throws InvalidArgument, as Keras does, unless a number of steps is positive.
inline void require_steps(const char* class_name, const char* argument, double steps) {
  if (steps > 0) return;
  throw InvalidArgument(std::string(class_name) + ": " + argument + " must be positive, received " +
                        Json(steps).dump());
}

/// A number of steps as people write it: 1000 and not 1000.0.
inline Json steps_json(double steps) {
  return std::floor(steps) == steps && std::abs(steps) < 1e15 ? Json(static_cast<int64_t>(steps))
                                                              : Json(steps);
}

/// Schedules calculate in float32, as Keras's do.
inline Tensor schedule_number(double value) { return full({}, value, DType::kFloat32); }
inline Tensor schedule_step(const Tensor& step) { return cast(step, DType::kFloat32); }

}  // namespace lamina::detail
