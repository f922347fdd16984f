// Linear models of numbers.
#include <cmath>

#include "lamina/classic/detail/linear_map.h"
#include "lamina/classic/detail/with_options-inl.h"
#include "lamina/classic/linear.h"

namespace lamina::classic {

template class WithOptions<Regressor, LinearRegressionOptions>;
template class WithOptions<Regressor, RidgeOptions>;

namespace {
const bool linear_regression_known = detail::known_as<LinearRegression>("LinearRegression") && detail::known_as<Ridge>("Ridge");
}  // namespace

LinearRegression::LinearRegression(LinearRegressionOptions options) : WithOptions(options) {}

double LinearRegression::intercept() const {
  check_fitted();
  return map_.intercept[0];
}

void LinearRegression::fit_values(const detail::Matrix& x, std::span<const double> y) {
  map_ = detail::least_squares(x, y, options_.fit_intercept, 0);
}

std::vector<double> LinearRegression::values(const detail::Matrix& x) const { return apply(map_, x); }

void LinearRegression::save(EstimatorSnapshot& snapshot) const { detail::save_map(map_, snapshot); }

void LinearRegression::load(const EstimatorSnapshot& snapshot) {
  map_ = detail::load_map(snapshot, 1, features_);
}

Ridge::Ridge(RidgeOptions options) : WithOptions(options) { check_options(); }

void Ridge::check_options() const {
  detail::require(options_.alpha >= 0 && std::isfinite(options_.alpha), class_name(), "alpha", "at least 0",
                  options_.alpha);
}

double Ridge::intercept() const {
  check_fitted();
  return map_.intercept[0];
}

void Ridge::fit_values(const detail::Matrix& x, std::span<const double> y) {
  map_ = detail::least_squares(x, y, options_.fit_intercept, options_.alpha);
}

std::vector<double> Ridge::values(const detail::Matrix& x) const { return apply(map_, x); }

void Ridge::save(EstimatorSnapshot& snapshot) const { detail::save_map(map_, snapshot); }

void Ridge::load(const EstimatorSnapshot& snapshot) { map_ = detail::load_map(snapshot, 1, features_); }

}  // namespace lamina::classic
