// The linear support vector machine: its primal problem, which the squared hinge loss makes smooth.
#include <algorithm>
#include <cmath>

#include "lamina/base/log.h"
#include "lamina/classic/detail/lbfgs.h"
#include "lamina/classic/detail/linear_map.h"
#include "lamina/classic/detail/with_options-inl.h"
#include "lamina/classic/linear.h"

namespace lamina::classic {

template class WithOptions<Classifier, LinearSVCOptions>;

namespace {

const bool linear_svc_known = detail::known_as<LinearSVC>("LinearSVC");

double norm(const std::vector<double>& v) {
  double sum = 0;
  for (const double each : v) sum += each * each;
  return std::sqrt(sum);
}

}  // namespace

LinearSVC::LinearSVC(LinearSVCOptions options) : WithOptions(options) { check_options(); }

void LinearSVC::check_options() const {
  const auto above_0 = [&](double value, const char* name) {
    detail::require(value > 0 && std::isfinite(value), class_name(), name, "above 0", value);
  };
  above_0(options_.C, "C");
  above_0(options_.tol, "tol");
  above_0(options_.intercept_scaling, "intercept_scaling");
  detail::require(options_.max_iter >= 1, class_name(), "max_iter", "at least 1", options_.max_iter);
}

void LinearSVC::fit_classes(const detail::Matrix& x, std::span<const int32_t> y) {
  const int64_t machines = class_count() == 2 ? 1 : class_count();
  map_ = {};
  const std::vector<double> scale = detail::axis_scale(x, 1, 2 * options_.C * static_cast<double>(x.rows), 1);
  for (int64_t m = 0; m < machines; ++m) {
    const auto positive = static_cast<int32_t>(machines == 1 ? 1 : m);
    const auto coefs = static_cast<size_t>(x.columns);
    const detail::RowLoss hinge = [&](int64_t i, double* z) {
      const double sign = y[static_cast<size_t>(i)] == positive ? 1 : -1;
      const double missing = std::max(0.0, 1 - sign * *z);
      *z = -2 * options_.C * sign * missing;
      return options_.C * missing * missing;
    };
    const detail::Objective objective = [&](const std::vector<double>& at, std::vector<double>& gradient) {
      gradient = at;
      // The intercept is its coefficient times its feature.
      gradient.back() /= options_.intercept_scaling * options_.intercept_scaling;
      double value = 0;
      for (size_t j = 0; j < at.size(); ++j) value += 0.5 * at[j] * gradient[j];
      value += detail::add_losses(x, 1, at, hinge, gradient);
      if (!options_.fit_intercept) gradient.back() = 0;
      return value;
    };
    const auto positives = std::count(y.begin(), y.end(), positive);
    const auto fewer = std::min<int64_t>(positives, x.rows - positives);
    double first = -1;  // the norm of the first gradient
    // liblinear's condition for its primal solvers
    const double share =
        options_.tol * static_cast<double>(std::max<int64_t>(fewer, 1)) / static_cast<double>(x.rows);
    const detail::Converged converged = [&](const std::vector<double>& gradient) {
      if (first < 0) first = norm(gradient);
      return norm(gradient) <= share * first;
    };
    std::vector<double> parameters(coefs + 1, 0.0);
    if (!detail::minimise(objective, converged, options_.max_iter, scale, parameters))
      warn("LinearSVC stopped after max_iter = " + std::to_string(options_.max_iter) +
           " iterations, before it converged: scale the features (StandardScaler) or raise max_iter");
    map_.coef.insert(map_.coef.end(), parameters.begin(), parameters.end() - 1);
    map_.intercept.push_back(parameters.back());
  }
}

std::vector<double> LinearSVC::decisions(const detail::Matrix& x) const { return detail::apply(map_, x); }

std::vector<double> LinearSVC::scores(const detail::Matrix& x) const {
  std::vector<double> sure = decisions(x);
  if (map_.intercept.size() > 1) return sure;
  std::vector<double> both;
  for (const double each : sure) both.insert(both.end(), {0, each});
  return both;
}

void LinearSVC::save_learned(EstimatorSnapshot& snapshot) const { detail::save_map(map_, snapshot); }

void LinearSVC::load_learned(const EstimatorSnapshot& snapshot) {
  map_ = detail::load_map(snapshot, class_count() == 2 ? 1 : class_count(), features_);
}

}  // namespace lamina::classic
