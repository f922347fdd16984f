// Prediction and correction of each value by itself.
#include "lamina/vision/detail/motion_filter.h"

#include <algorithm>

namespace lamina::vision::detail {
namespace {

// Shares of the height by which a box and its speed are uncertain.
constexpr double kOfBox = 1.0 / 20, kOfSpeed = 1.0 / 160;

std::array<double, 4> measured(const Box& box) {
  return {(box.left + box.right) / 2, (box.top + box.bottom) / 2, box.width(), box.height()};
}

double squared(double x) { return x * x; }

}  // namespace

MotionFilter::MotionFilter(const Box& box) {
  const auto seen = measured(box);
  for (size_t i = 0; i < 4; ++i) {
    values_[i].value = seen[i];
    values_[i].var_value = squared(2 * kOfBox * seen[3]);
    values_[i].var_speed = squared(10 * kOfSpeed * seen[3]);
  }
}

void MotionFilter::predict() {
  const double height = std::max(values_[3].value, 1.0);
  for (Value& one : values_) {
    one.value += one.speed;
    one.var_value += 2 * one.covariance + one.var_speed + squared(kOfBox * height);
    one.covariance += one.var_speed;
    one.var_speed += squared(kOfSpeed * height);
  }
  // What shrinks to nothing stays where it was.
  for (size_t i = 2; i < 4; ++i) values_[i].value = std::max(values_[i].value, 1e-3);
}

void MotionFilter::correct(const Box& box) {
  const auto seen = measured(box);
  const double noise = squared(kOfBox * std::max(values_[3].value, 1.0));
  for (size_t i = 0; i < 4; ++i) {
    Value& one = values_[i];
    const double sum = one.var_value + noise;
    const double gain = one.var_value / sum, gain_of_speed = one.covariance / sum;
    const double error = seen[i] - one.value;
    one.value += gain * error;
    one.speed += gain_of_speed * error;
    one.var_speed -= gain_of_speed * one.covariance;
    one.covariance *= 1 - gain;
    one.var_value *= 1 - gain;
  }
}

Box MotionFilter::box() const {
  const double half_width = values_[2].value / 2, half_height = values_[3].value / 2;
  return {values_[0].value - half_width, values_[1].value - half_height, values_[0].value + half_width,
          values_[1].value + half_height};
}

}  // namespace lamina::vision::detail
