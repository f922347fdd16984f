// Special functions of one number that the standard library lacks. Internal header.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

namespace lamina::detail {

/// log |gamma(x)|; unlike std::lgamma it writes no global variable.
inline double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

/// y with erf(y) = x: M. Giles, Approximating the erfinv function (2010), and two steps of Halley's.
inline double erf_inverse(double x) {
  if (!(x > -1 && x < 1)) {
    if (x == 1 || x == -1) return x * std::numeric_limits<double>::infinity();
    return std::numeric_limits<double>::quiet_NaN();
  }
  double w = -std::log1p(-x * x), y = 0;
  if (w < 5) {
    w -= 2.5;
    for (const double c : {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                           -0.00125372503, -0.00417768164, 0.246640727, 1.50140941})
      y = y * w + c;
  } else {
    w = std::sqrt(w) - 3;
    for (const double c : {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                           -0.0076224613, 0.00943887047, 1.00167406, 2.83297682})
      y = y * w + c;
  }
  y *= x;
  for (int step = 0; step < 2; ++step) {
    // Near 1 the difference from 1 is what has digits.
    const double off =
        std::abs(x) < 0.5 ? std::erf(y) - x : ((1 - std::abs(x)) - std::erfc(std::abs(y))) * (x < 0 ? -1 : 1);
    const double u = off * std::exp(y * y) / (2 * std::numbers::inv_sqrtpi);
    y -= u / (1 + y * u);
  }
  return y;
}

/// Hurwitz's zeta for s > 1 and x > 0: terms until x is large, then the series of Euler and Maclaurin.
inline double hurwitz_zeta(double s, double x) {
  double total = 0;
  for (; x < 12 + s; x += 1) total += std::pow(x, -s);
  total += std::pow(x, 1 - s) / (s - 1) + std::pow(x, -s) / 2;
  // Bernoulli's numbers over factorials.
  double term = s * std::pow(x, -s - 1);
  double k = 1;
  for (const double b : {1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160,
                         -691.0 / 1307674368000, 1.0 / 74724249600}) {
    total += b * term;
    term *= (s + k) * (s + k + 1) / (x * x);
    k += 2;
  }
  return total;
}

/// The derivative of log gamma; NaN at 0, -1, -2, ..., where it has poles.
inline double digamma(double x) {
  double total = 0;
  if (x <= 0) {
    if (x == std::floor(x)) return std::numeric_limits<double>::quiet_NaN();
    // From the nearest pole, so that what lies close to one keeps its digits.
    total = -std::numbers::pi / std::tan(std::numbers::pi * (x - std::nearbyint(x)));
    x = 1 - x;
  }
  for (; x < 12; x += 1) total -= 1 / x;
  const double z = 1 / (x * x);
  const double series =
      z *
      (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * 691.0 / 32760)))));
  return total + std::log(x) - 0.5 / x - series;
}

/// The n-th derivative of digamma, n from 1 on; infinite or NaN at the poles.
inline double polygamma(int n, double x) {
  const double s = n + 1, factorial = std::exp(log_gamma(s));
  const auto zeta = [s](double at) { return hurwitz_zeta(s, at); };
  double total = 0;
  if (x > 0) {
    total = zeta(x);
  } else {
    const double part = x - std::floor(x), rest = std::ceil(x) - x, steps = -std::floor(x);
    if (part == 0 || std::isnan(x))
      return std::isnan(x) || n % 2 == 0 ? std::numeric_limits<double>::quiet_NaN()
                                         : std::numeric_limits<double>::infinity();
    // The terms below 0, as those of the rest to the pole above with the sign of an odd or even power.
    total = zeta(part) + (n % 2 == 1 ? 1 : -1) * (zeta(rest) - zeta(steps + rest));
  }
  return (n % 2 == 1 ? 1 : -1) * factorial * total;
}

}  // namespace lamina::detail
