// Logistic regression: the mean loss and its penalty, minimised by L-BFGS.
#include <algorithm>
#include <cmath>

#include "lamina/base/log.h"
#include "lamina/classic/detail/lbfgs.h"
#include "lamina/classic/detail/linear_map.h"
#include "lamina/classic/detail/with_options-inl.h"
#include "lamina/classic/linear.h"

namespace lamina::classic {

template class WithOptions<Classifier, LogisticRegressionOptions>;

namespace {

const bool logistic_regression_known = detail::known_as<LogisticRegression>("LogisticRegression");

// Of the log-odds of class 1.
double sigmoid_loss(bool positive, double& z) {
  const double loss = std::log1p(std::exp(-std::abs(z))) + std::max(z, 0.0) - (positive ? z : 0.0);
  z = 1 / (1 + std::exp(-z)) - (positive ? 1.0 : 0.0);
  return loss;
}

double softmax_loss(int32_t label, double* z, int64_t classes) {
  const double top = *std::max_element(z, z + classes);
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(z[c] - top);
  const double loss = std::log(sum) + top - z[label];
  for (int64_t c = 0; c < classes; ++c) z[c] = std::exp(z[c] - top) / sum - (c == label ? 1.0 : 0.0);
  return loss;
}

}  // namespace

LogisticRegression::LogisticRegression(LogisticRegressionOptions options) : WithOptions(options) {
  check_options();
}

void LogisticRegression::check_options() const {
  detail::require(options_.C > 0 && std::isfinite(options_.C), class_name(), "C", "above 0", options_.C);
  detail::require(options_.tol > 0, class_name(), "tol", "above 0", options_.tol);
  detail::require(options_.max_iter >= 1, class_name(), "max_iter", "at least 1", options_.max_iter);
}

void LogisticRegression::fit_classes(const detail::Matrix& x, std::span<const int32_t> y) {
  const int64_t outputs = class_count() == 2 ? 1 : class_count();
  const auto coefs = static_cast<size_t>(outputs * x.columns);
  const double n = static_cast<double>(x.rows), penalty = 1 / (options_.C * n);
  const detail::RowLoss row_loss = [&](int64_t i, double* z) {
    const int32_t label = y[static_cast<size_t>(i)];
    return outputs == 1 ? sigmoid_loss(label == 1, *z) : softmax_loss(label, z, outputs);
  };
  const detail::Objective objective = [&](const std::vector<double>& at, std::vector<double>& gradient) {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    double value = detail::add_losses(x, outputs, at, row_loss, gradient) / n;
    for (double& each : gradient) each /= n;
    for (size_t j = 0; j < coefs; ++j) {
      value += 0.5 * penalty * at[j] * at[j];
      gradient[j] += penalty * at[j];
    }
    if (!options_.fit_intercept)
      std::fill(gradient.begin() + static_cast<std::ptrdiff_t>(coefs), gradient.end(), 0.0);
    return value;
  };
  const detail::Converged converged = [&](const std::vector<double>& gradient) {
    return std::all_of(gradient.begin(), gradient.end(),
                       [&](double slope) { return std::abs(slope) <= options_.tol; });
  };
  std::vector<double> parameters(coefs + static_cast<size_t>(outputs), 0.0);
  // The sigmoid's slope is 1/4 at most, and about as much less for each further class.
  const double curvature = outputs == 1 ? 0.25 : 1 / static_cast<double>(outputs);
  const std::vector<double> scale = detail::axis_scale(x, outputs, curvature, penalty);
  if (!detail::minimise(objective, converged, options_.max_iter, scale, parameters))
    warn("LogisticRegression stopped after max_iter = " + std::to_string(options_.max_iter) +
         " iterations, before it converged: scale the features (StandardScaler) or raise max_iter");
  map_ = detail::map_of(parameters, outputs, x.columns);
}

std::vector<double> LogisticRegression::decisions(const detail::Matrix& x) const {
  return detail::apply(map_, x);
}

std::vector<double> LogisticRegression::probabilities(const detail::Matrix& x) const {
  const std::vector<double> z = decisions(x);
  const auto outputs = map_.intercept.size();
  std::vector<double> p;
  p.reserve(z.size() * (outputs == 1 ? 2 : 1));
  for (size_t at = 0; at < z.size(); at += outputs) {
    if (outputs == 1) {
      p.insert(p.end(), {1 / (1 + std::exp(z[at])), 1 / (1 + std::exp(-z[at]))});
      continue;
    }
    const double top = *std::max_element(z.begin() + static_cast<std::ptrdiff_t>(at),
                                         z.begin() + static_cast<std::ptrdiff_t>(at + outputs));
    double sum = 0;
    for (size_t c = 0; c < outputs; ++c) sum += std::exp(z[at + c] - top);
    for (size_t c = 0; c < outputs; ++c) p.push_back(std::exp(z[at + c] - top) / sum);
  }
  return p;
}

std::vector<double> LogisticRegression::scores(const detail::Matrix& x) const { return probabilities(x); }

void LogisticRegression::save_learned(EstimatorSnapshot& snapshot) const { detail::save_map(map_, snapshot); }

void LogisticRegression::load_learned(const EstimatorSnapshot& snapshot) {
  map_ = detail::load_map(snapshot, class_count() == 2 ? 1 : class_count(), features_);
}

}  // namespace lamina::classic
