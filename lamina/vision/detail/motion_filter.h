// A Kalman filter of a box that moves at constant speed. Internal header.
#pragma once

#include <array>

#include "lamina/vision/boxes.h"

namespace lamina::vision::detail {

/// Middle, width and height, each with a speed. They are followed one by one, as their noises do not depend
/// on each other, and what a step and a look leave uncertain goes by the height of the box (as in DeepSORT:
/// Wojke et al., 2017, arXiv 1703.07402).
class MotionFilter {
 public:
  explicit MotionFilter(const Box& box);
  /// One frame on.
  void predict();
  /// A look at it.
  void correct(const Box& box);
  Box box() const;

 private:
  struct Value {
    double value = 0, speed = 0;
    double var_value = 0, covariance = 0, var_speed = 0;
  };
  std::array<Value, 4> values_;  // x, y, width, height
};

}  // namespace lamina::vision::detail
