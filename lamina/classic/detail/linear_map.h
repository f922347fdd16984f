// What linear models share: applying a map, sums over rows that do not depend on the threads, snapshots.
#pragma once

#include <functional>
#include <vector>

#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/linear.h"

namespace lamina::classic::detail {

/// (rows, outputs)
std::vector<double> apply(const LinearMap& map, const Matrix& x);

/// The loss of one row: from its `outputs` numbers, which it replaces by the loss's slopes.
using RowLoss = std::function<double(int64_t row, double* outputs)>;

/// The sum of the rows' losses for outputs = coef x + intercept, where `parameters` holds coef (outputs,
/// features) and then intercept (outputs). Adds the slopes to `gradient`, which has the same order.
double add_losses(const Matrix& x, int64_t outputs, const std::vector<double>& parameters,
                  const RowLoss& loss, std::vector<double>& gradient);

/// 1 / (share * the mean of a feature's squares + penalty) for each parameter of that order: how curved the
/// mean loss is along it, where `share` is the curvature of the loss of a row in its output.
std::vector<double> axis_scale(const Matrix& x, int64_t outputs, double share, double penalty);

/// Parameters as a map; without intercept zeros.
LinearMap map_of(const std::vector<double>& parameters, int64_t outputs, int64_t features);

void save_map(const LinearMap& map, EstimatorSnapshot& snapshot);
LinearMap load_map(const EstimatorSnapshot& snapshot, int64_t outputs, int64_t features);

/// The least squares of targets y, with alpha times the squared coefficients.
LinearMap least_squares(const Matrix& x, std::span<const double> y, bool fit_intercept, double alpha);

}  // namespace lamina::classic::detail
