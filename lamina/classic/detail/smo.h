// Sequential minimal optimisation: the dual problem of a support vector machine for two classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lamina/classic/detail/kernel_rows.h"

namespace lamina::classic::detail {

struct SmoOptions {
  double C, tol, cache_mb;
  int64_t max_iter;  ///< -1: as libsvm, ten million or a hundred for each sample
};

struct SmoResult {
  std::vector<double> alpha;  ///< times the sign of the sample
  double rho = 0;             ///< what the decision subtracts
  bool converged = true;
};

/// Signs are 1 and -1, one for each row of x. Fan, Chen and Lin, "Working Set Selection Using Second Order
/// Information for Training Support Vector Machines", 2005.
SmoResult solve_smo(const Matrix& x, std::span<const double> signs, double gamma, const SmoOptions& options);

}  // namespace lamina::classic::detail
