// A line through logarithms.
#include "lamina/explain/growth.h"

#include <cmath>
#include <string>

#include "lamina/base/error.h"

namespace lamina {

double growth_exponent(const std::vector<double>& sizes, const std::vector<double>& costs) {
  if (sizes.size() != costs.size() || sizes.size() < 2)
    throw InvalidArgument("growth_exponent: expected as many sizes as costs, two at least; received " +
                          std::to_string(sizes.size()) + " and " + std::to_string(costs.size()));
  double mean_x = 0, mean_y = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    for (const double value : {sizes[i], costs[i]}) {
      if (!(value > 0) || !std::isfinite(value))
        throw InvalidArgument("growth_exponent: sizes and costs must be above 0 and finite; at " +
                              std::to_string(i) + " is " + std::to_string(value));
    }
    mean_x += std::log(sizes[i]) / static_cast<double>(sizes.size());
    mean_y += std::log(costs[i]) / static_cast<double>(sizes.size());
  }
  double xy = 0, xx = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const double x = std::log(sizes[i]) - mean_x;
    xy += x * (std::log(costs[i]) - mean_y);
    xx += x * x;
  }
  if (!(xx > 0)) throw InvalidArgument("growth_exponent: all sizes are the same");
  return xy / xx;
}

}  // namespace lamina
