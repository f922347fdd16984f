// R2 and correlations.
#include "lamina/nn/metrics/correlation.h"

#include <algorithm>
#include <cmath>

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina::metrics {
namespace {

using lamina::detail::kEpsilon;

std::shared_ptr<Metric> make_r2(const Json& config) {
  ConfigReader reader(config, "R2Score");
  R2Options options;
  const Json* const given = config.find("class_aggregation");
  options.class_aggregation =
      reader.string("class_aggregation", given && given->is_null() ? "none" : options.class_aggregation);
  options.num_regressors = reader.integer("num_regressors", 0);
  options.name = detail::finish_metric(reader);
  return std::make_shared<R2Score>(options);
}

template <class M>
std::shared_ptr<Metric> make_correlation(const Json& config) {
  ConfigReader reader(config, M().class_name());
  CorrelationOptions options;
  options.axis = static_cast<int>(std::clamp<int64_t>(reader.integer("axis", -1), -64, 64));
  options.name = detail::finish_metric(reader);
  return std::make_shared<M>(options);
}

const bool correlation_registered = [] {
  using Known = Registry<Metric>;
  Known::add("R2Score", make_r2);
  Known::add("PearsonCorrelation", make_correlation<PearsonCorrelation>, {"pearson_correlation"});
  Known::add("ConcordanceCorrelation", make_correlation<ConcordanceCorrelation>, {"concordance_correlation"});
  return true;
}();

std::pair<Tensor, Tensor> along(const std::string& name, const Tensor& y_true, const Tensor& y_pred,
                                int axis) {
  auto pair = lamina::detail::match_shapes(name, y_true, cast(y_pred, DType::kFloat32));
  const int rank = pair.second.rank();
  if (axis >= -rank && axis < rank) return pair;
  throw InvalidArgument("metric '" + name + "': axis " + std::to_string(axis) +
                        " is not one of predictions of shape " + y_pred.shape().str());
}

Json correlation_config(const std::string& name, int axis) {
  return Json::object({{"name", name}, {"dtype", "float32"}, {"axis", axis}});
}

}  // namespace

R2Score::R2Score(R2Options options, int64_t columns) : options_(std::move(options)), columns_(columns) {
  if (options_.name.empty()) options_.name = "r2_score";
  if (options_.class_aggregation != "uniform_average" &&
      options_.class_aggregation != "variance_weighted_average" && options_.class_aggregation != "none") {
    throw InvalidArgument(
        "metric '" + options_.name +
        "': class_aggregation must be 'uniform_average', 'variance_weighted_average' or 'none', received '" +
        options_.class_aggregation + "'");
  }
  if (options_.num_regressors < 0) {
    throw InvalidArgument("metric '" + options_.name + "': num_regressors must not be negative, received " +
                          std::to_string(options_.num_regressors));
  }
}

Json R2Score::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"class_aggregation",
                        options_.class_aggregation == "none" ? Json() : Json(options_.class_aggregation)},
                       {"num_regressors", options_.num_regressors}});
}

std::shared_ptr<const Metric> R2Score::for_shapes(const Shape& y_true, const Shape& y_pred) const {
  if (y_pred.rank() != 2 || y_true.rank() < 1 || y_true.rank() > 2 || y_pred[1] < 1) {
    throw InvalidArgument("metric '" + name() +
                          "': needs targets and predictions (batch, columns), received " + y_true.str() +
                          " and " + y_pred.str());
  }
  return std::shared_ptr<const Metric>(new R2Score(options_, y_pred[1]));
}

std::vector<Metric::Variable> R2Score::variables() const {
  std::vector<Variable> all = {{"num_samples", {DType::kFloat64, {}}}};
  for (const char* name : {"squared_sum", "sum", "residual", "count"})
    all.push_back({name, {DType::kFloat64, {std::max<int64_t>(columns_, 1)}}});
  return all;
}

std::vector<Tensor> R2Score::update(std::span<const Tensor> state, const Tensor& y_true,
                                    const Tensor& y_pred) const {
  return update_weighted(state, y_true, y_pred, Tensor());
}

std::vector<Tensor> R2Score::update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                             const Tensor& y_pred, const Tensor& sample_weight) const {
  const auto [target, output] = lamina::detail::match_shapes(name(), y_true, cast(y_pred, DType::kFloat32));
  if (output.rank() != 2) {
    throw InvalidArgument("metric '" + name() +
                          "': needs targets and predictions (batch, columns), received " +
                          y_true.shape().str() + " and " + y_pred.shape().str());
  }
  // In float64: the result is a difference of sums.
  const Tensor y = cast(target, DType::kFloat64), error = square(y - cast(output, DType::kFloat64));
  Tensor weight = ones(y.shape(), DType::kFloat64);
  if (sample_weight.defined()) {
    weight = broadcast_to(lamina::detail::match_weight("metric '" + name() + "'",
                                                       cast(sample_weight, DType::kFloat64), y.shape()),
                          y.shape());
  }
  return {state[0] + static_cast<double>(y.size()), state[1] + sum(y * y * weight, {0}),
          state[2] + sum(y * weight, {0}), state[3] + sum(error * weight, {0}), state[4] + sum(weight, {0})};
}

namespace {

// Squared distances from the mean of a column, by which its score is weighed.
double total_of(std::span<const Tensor> state, size_t column) {
  const auto at = [&](size_t variable) { return state[variable].data<double>()[column]; };
  return at(1) - at(2) * at(2) / at(4);
}

}  // namespace

double R2Score::score_of(std::span<const Tensor> state, size_t column) const {
  const double score = 1 - state[3].data<double>()[column] / total_of(state, column);
  return std::isinf(score) ? 0 : score;
}

double R2Score::adjusted(double score, double samples) const {
  const auto inputs = static_cast<double>(options_.num_regressors);
  // With fewer samples than inputs nothing can be adjusted; Keras warns and does not either.
  if (inputs == 0 || inputs >= samples - 1) return static_cast<float>(score);
  return static_cast<float>(1 - (1 - score) * (samples - 1) / (samples - inputs - 1));
}

double R2Score::result(std::span<const Tensor> state) const {
  const double samples = state[0].item<double>();
  if (samples == 0) return 0;
  double sum = 0, weights = 0;
  for (size_t i = 0; i < static_cast<size_t>(state[1].shape().size()); ++i) {
    const double weight =
        options_.class_aggregation == "variance_weighted_average" ? total_of(state, i) : 1;
    sum += score_of(state, i) * weight;
    weights += weight;
  }
  return adjusted(sum / weights, samples);
}

std::optional<std::vector<double>> R2Score::row(std::span<const Tensor> state) const {
  if (options_.class_aggregation != "none") return std::nullopt;
  const double samples = state[0].item<double>();
  std::vector<double> scores;
  for (size_t i = 0; i < static_cast<size_t>(state[1].shape().size()); ++i)
    scores.push_back(samples == 0 ? 0 : adjusted(score_of(state, i), samples));
  return scores;
}

Json PearsonCorrelation::config() const { return correlation_config(name(), axis_); }
Json ConcordanceCorrelation::config() const { return correlation_config(name(), axis_); }

Tensor PearsonCorrelation::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = along(name(), y_true, y_pred, axis_);
  const auto standard = [&](const Tensor& x) {
    const Tensor centred = x - mean(x, {axis_}, true);
    return centred / sqrt(variance(centred, {axis_}, true));
  };
  return mean(standard(target) * standard(output), {axis_});
}

Tensor ConcordanceCorrelation::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = along(name(), y_true, y_pred, axis_);
  const Tensor of_target = mean(target, {axis_}, true), of_output = mean(output, {axis_}, true);
  // Keras takes the mean of predictions from targets, too.
  const Tensor covariance = (target - of_output) * (output - of_output);
  const Tensor spread = variance(target - of_target, {axis_}, true) +
                        variance(output - of_output, {axis_}, true) + square(of_target - of_output);
  return mean(covariance * 2.0 / (spread + kEpsilon), {axis_});
}

}  // namespace lamina::metrics
