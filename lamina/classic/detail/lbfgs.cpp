// L-BFGS in double precision.
#include "lamina/classic/detail/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

namespace lamina::classic::detail {
namespace {

constexpr size_t kRemembered = 10;

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void add(Vector& to, double factor, const Vector& from) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
}

struct Step {
  Vector moved, turned;  // differences of places and of gradients
  double scale;          // 1 / (moved . turned)
};

// Minus the inverse curvature, as far as the last steps show it, times the gradient.
Vector downhill(const Vector& gradient, const std::deque<Step>& steps, const Vector& scale) {
  Vector direction = gradient;
  std::vector<double> shares(steps.size());
  for (size_t i = steps.size(); i-- > 0;) {
    shares[i] = steps[i].scale * dot(steps[i].moved, direction);
    add(direction, -shares[i], steps[i].turned);
  }
  double factor = 1;
  if (!steps.empty()) {
    const Step& last = steps.back();
    double turned = 0;
    for (size_t i = 0; i < scale.size(); ++i) turned += scale[i] * last.turned[i] * last.turned[i];
    factor = 1 / (last.scale * turned);
  }
  for (size_t i = 0; i < scale.size(); ++i) direction[i] *= factor * scale[i];
  for (size_t i = 0; i < steps.size(); ++i)
    add(direction, shares[i] - steps[i].scale * dot(steps[i].turned, direction), steps[i].moved);
  for (double& each : direction) each = -each;
  return direction;
}

}  // namespace

bool minimise(const Objective& objective, const Converged& converged, int64_t max_iter, const Vector& scale,
              Vector& at) {
  Vector gradient(at.size());
  double value = objective(at, gradient);
  std::deque<Step> steps;
  for (int64_t iteration = 0; iteration < max_iter; ++iteration) {
    if (converged(gradient)) return true;
    Vector direction = downhill(gradient, steps, scale);
    double slope = dot(gradient, direction);
    if (!(slope < 0)) {
      if (steps.empty()) return true;
      steps.clear();
      direction = downhill(gradient, steps, scale);
      slope = dot(gradient, direction);
    }
    double step = 1;
    double low = 0, high = std::numeric_limits<double>::infinity();
    Vector place(at.size()), there(at.size());
    double reached = value;
    bool found = false;
    for (int trial = 0; trial < 50 && !found; ++trial) {
      place = at;
      add(place, step, direction);
      reached = objective(place, there);
      if (!(reached <= value + 1e-4 * step * slope)) {
        high = step;
      } else if (dot(there, direction) < 0.9 * slope) {
        low = step;
      } else {
        found = true;
        break;
      }
      step = std::isinf(high) ? 2 * step : (low + high) / 2;
    }
    // At the limits of what double precision tells apart, nothing is further down.
    if (!found && !(reached < value)) return true;
    Step taken{place, there, 0};
    add(taken.moved, -1, at);
    add(taken.turned, -1, gradient);
    const double curvature = dot(taken.moved, taken.turned);
    if (curvature > 0) {
      taken.scale = 1 / curvature;
      steps.push_back(std::move(taken));
      if (steps.size() > kRemembered) steps.pop_front();
    }
    at.swap(place);
    gradient.swap(there);
    value = reached;
  }
  return converged(gradient);
}

}  // namespace lamina::classic::detail
