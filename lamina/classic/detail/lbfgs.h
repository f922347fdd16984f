// Minimising a smooth function of many numbers: limited-memory BFGS.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace lamina::classic::detail {

/// The value at `at`, and the slopes there into `gradient` (of the same size).
using Objective = std::function<double(const std::vector<double>& at, std::vector<double>& gradient)>;

/// Whether a point with these slopes is good enough.
using Converged = std::function<bool(const std::vector<double>& gradient)>;

/// Goes downhill from `at` until `converged` says so, no step leads further down, or max_iter steps are done.
/// Whether it converged: false only for max_iter. `scale` is a guess at the inverse of the second derivative
/// along each axis, which spares the method to find out how unlike the axes are. Nocedal and Wright,
/// "Numerical Optimization", algorithm 7.5, with the last ten steps and a line search for the Wolfe
/// conditions by bisection (Lewis and Overton, 2013).
bool minimise(const Objective& objective, const Converged& converged, int64_t max_iter,
              const std::vector<double>& scale, std::vector<double>& at);

}  // namespace lamina::classic::detail
