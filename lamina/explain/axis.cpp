// Round numbers for axes.
#include "lamina/explain/detail/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lamina::detail {
namespace {

// 1, 2, 2.5 or 5 times a power of ten, at least `least`.
double nice_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

}  // namespace

Axis Axis::around(double low, double high, int marks) {
  Axis axis;
  if (!(low <= high) || !std::isfinite(high - low)) return axis;  // nothing finite to show
  if (high - low < 1e-9 * std::max(1.0, std::fabs(high))) {
    const double margin = high == 0 ? 1.0 : std::fabs(high) * 0.1;
    low -= margin;
    high += margin;
  }
  axis.step = nice_step((high - low) / marks);
  axis.low = std::floor(low / axis.step + 1e-9) * axis.step;
  axis.high = std::ceil(high / axis.step - 1e-9) * axis.step;
  return axis;
}

Axis Axis::of(double low, double high, int marks) {
  Axis axis = around(low, high, marks);
  if (!(low < high) || !std::isfinite(high - low)) return axis;
  axis.low = low;
  axis.high = high;
  return axis;
}

std::string Axis::text(double value) const {
  if (std::fabs(value) >= 1e6 || step < 1e-5) return fmt::format("{:.2g}", value);
  int decimals = std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6);
  const double scaled = step * std::pow(10, decimals);
  if (std::fabs(scaled - std::round(scaled)) > 1e-6) ++decimals;
  return fmt::format("{:.{}f}", std::fabs(value) < step / 1e6 ? 0.0 : value, decimals);
}

}  // namespace lamina::detail
