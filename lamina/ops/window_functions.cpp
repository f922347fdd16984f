// Windows, computed in double.
#include "lamina/ops/window_functions.h"

#include <cmath>
#include <numbers>

#include "lamina/base/error.h"

namespace lamina {
namespace {

/// The weight at each place, given as a share of the way through, 0 to 1.
template <class F>
Tensor window(const char* function, int64_t length, F&& weight) {
  if (length < 0 || length > (1 << 28))
    throw InvalidArgument(std::string(function) +
                          ": expected a length of 0 or more and at most 2^28, received " +
                          std::to_string(length));
  std::vector<float> weights;
  for (int64_t n = 0; n < length; ++n)
    weights.push_back(
        length == 1 ? 1.0F
                    : static_cast<float>(weight(static_cast<double>(n) / static_cast<double>(length - 1))));
  return Tensor::from(weights, {length});
}

double turn(double share) { return std::cos(2 * std::numbers::pi * share); }

}  // namespace

Tensor bartlett(int64_t x) {
  return window("bartlett", x, [](double share) { return 1 - std::abs(2 * share - 1); });
}

Tensor blackman(int64_t x) {
  return window("blackman", x,
                [](double share) { return 0.42 - 0.5 * turn(share) + 0.08 * turn(2 * share); });
}

Tensor hamming(int64_t x) {
  return window("hamming", x, [](double share) { return 0.54 - 0.46 * turn(share); });
}

Tensor hanning(int64_t x) {
  return window("hanning", x, [](double share) { return 0.5 - 0.5 * turn(share); });
}

// By the sum of (z / 2)^2k / k!^2, whose terms are all positive.
Tensor kaiser(int64_t x, double beta) {
  const auto bessel = [](double z) {
    double sum = 1, term = 1;
    for (int k = 1; term > 1e-17 * sum; ++k) sum += term *= z / (2 * k) * (z / (2 * k));
    return sum;
  };
  if (!(std::abs(beta) <= 500))
    throw InvalidArgument("kaiser: expected a beta from -500 to 500, received " + std::to_string(beta));
  return window("kaiser", x, [&](double share) {
    const double t = 2 * share - 1;
    return bessel(beta * std::sqrt(std::max(0.0, 1 - t * t))) / bessel(beta);
  });
}

}  // namespace lamina
