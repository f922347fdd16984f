// Computed in float64 and rounded once, as the library does.
#include "lamina/zoo/transformers/detail/sinusoids.h"

#include <cmath>
#include <vector>

namespace lamina::detail {

Tensor sinusoids(int64_t places, int64_t width) {
  const int64_t sines = (width + 1) / 2;
  std::vector<float> table;
  table.reserve(static_cast<size_t>(places * width));
  for (int64_t place = 0; place < places; ++place) {
    const auto angle = [&](int64_t pair) {
      return static_cast<double>(place) /
             std::pow(10000.0, 2 * static_cast<double>(pair) / static_cast<double>(width));
    };
    for (int64_t i = 0; i < sines; ++i) table.push_back(static_cast<float>(std::sin(angle(i))));
    for (int64_t i = 0; i < width - sines; ++i) table.push_back(static_cast<float>(std::cos(angle(i))));
  }
  return Tensor::from(table, {places, width});
}

}  // namespace lamina::detail
