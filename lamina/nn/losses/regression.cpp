// Losses of regression.
#include "lamina/nn/losses/regression.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/activations.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::match_shapes;
using detail::mean_of_last;

using lamina::detail::kEpsilon;

std::shared_ptr<Loss> make_huber(const Json& config) {
  ConfigReader reader(config, "Huber");
  HuberOptions options;
  options.delta = reader.number("delta", options.delta);
  detail::finish_loss(reader, options);
  return std::make_shared<Huber>(options);
}

std::shared_ptr<Loss> make_cosine(const Json& config) {
  ConfigReader reader(config, "CosineSimilarity");
  CosineSimilarityOptions options;
  options.axis = detail::read_axis(reader);
  detail::finish_loss(reader, options);
  return std::make_shared<CosineSimilarity>(options);
}

const bool regression_registered = [] {
  using Known = Registry<Loss>;
  Known::add("MeanSquaredError", detail::make_loss<MeanSquaredError>, {"mean_squared_error", "mse", "MSE"});
  Known::add("MeanAbsoluteError", detail::make_loss<MeanAbsoluteError>,
             {"mean_absolute_error", "mae", "MAE"});
  Known::add("MeanAbsolutePercentageError", detail::make_loss<MeanAbsolutePercentageError>,
             {"mean_absolute_percentage_error", "mape", "MAPE"});
  Known::add("MeanSquaredLogarithmicError", detail::make_loss<MeanSquaredLogarithmicError>,
             {"mean_squared_logarithmic_error", "msle", "MSLE"});
  Known::add("LogCosh", detail::make_loss<LogCosh>, {"log_cosh", "logcosh"});
  Known::add("Huber", make_huber, {"huber"});
  Known::add("CosineSimilarity", make_cosine, {"cosine_similarity"});
  return true;
}();

}  // namespace

Tensor MeanSquaredError::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = match_shapes(name(), y_true, y_pred);
  return mean_of_last(square(target - output));
}

Tensor MeanAbsoluteError::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = match_shapes(name(), y_true, y_pred);
  return mean_of_last(abs(target - output));
}

Tensor MeanAbsolutePercentageError::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = match_shapes(name(), y_true, y_pred);
  return mean_of_last(abs((target - output) / maximum(abs(target), kEpsilon))) * 100.0;
}

Tensor MeanSquaredLogarithmicError::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = match_shapes(name(), y_true, y_pred);
  const Tensor of_output = log(maximum(output, kEpsilon) + 1.0),
               of_target = log(maximum(target, kEpsilon) + 1.0);
  return mean_of_last(square(of_output - of_target));
}

Tensor LogCosh::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = match_shapes(name(), y_true, y_pred);
  const Tensor error = output - target;
  return mean_of_last(error + softplus(error * -2.0) - std::log(2.0));
}

Huber::Huber(const HuberOptions& options)
    : PlainLoss("Huber", "huber_loss", TargetKind::kValues, {options.reduction, options.name}),
      delta_(options.delta) {
  require(std::isfinite(delta_), "delta must be a number");
}

Json Huber::config() const {
  Json config = PlainLoss::config();
  if (delta_ != HuberOptions().delta) config["delta"] = delta_;
  return config;
}

Tensor Huber::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = match_shapes(name(), y_true, y_pred);
  const Tensor error = output - target, size = abs(error);
  return mean_of_last(
      where(ops::less_equal(size, delta_), square(error) * 0.5, size * delta_ - 0.5 * delta_ * delta_));
}

CosineSimilarity::CosineSimilarity(const CosineSimilarityOptions& options)
    : PlainLoss("CosineSimilarity", "cosine_similarity", TargetKind::kValues,
                {options.reduction, options.name}),
      axis_(options.axis) {}

Json CosineSimilarity::config() const {
  Json config = PlainLoss::config();
  if (axis_ != CosineSimilarityOptions().axis) config["axis"] = axis_;
  return config;
}

Tensor CosineSimilarity::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = match_shapes(name(), y_true, y_pred);
  const int rank = output.rank();
  if (axis_ < -rank || axis_ >= rank) {
    throw InvalidArgument("'" + name() + "': axis " + std::to_string(axis_) +
                          " is not one of predictions of shape " + y_pred.shape().str());
  }
  const auto unit = [&](const Tensor& x) {  // a length below epsilon counts as epsilon, with a gradient
    return x * rsqrt(maximum(sum(square(x), {axis_}, true), kEpsilon * kEpsilon));
  };
  return -sum(unit(target) * unit(output), {axis_});
}

}  // namespace lamina
