// Metrics that are a mean over samples.
#include "lamina/nn/metrics/mean.h"

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

namespace lamina::metrics {
namespace {

const bool mean_registered = Registry<Metric>::add("Mean", detail::make<Mean>, {"mean"}) &&
                             Registry<Metric>::add("Sum", detail::make<Sum>, {"sum"});

}  // namespace

Json MeanMetric::config() const { return Json::object({{"name", name_}, {"dtype", "float32"}}); }

std::vector<Metric::Variable> MeanMetric::variables() const {
  return {{"total", {DType::kFloat64, {}}}, {"count", {DType::kFloat64, {}}}};
}

std::vector<Tensor> MeanMetric::update(std::span<const Tensor> state, const Tensor& y_true,
                                       const Tensor& y_pred) const {
  Tensor each = cast(values(y_true, y_pred), DType::kFloat32);
  std::vector<int> inner;
  for (int axis = 1; axis < each.rank(); ++axis) inner.push_back(axis);
  if (!inner.empty()) each = mean(each, inner);
  const int64_t samples = each.rank() == 0 ? 1 : each.shape()[0];
  return {state[0] + cast(sum(each), DType::kFloat64), state[1] + static_cast<double>(samples)};
}

std::vector<Tensor> MeanMetric::update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                                const Tensor& y_pred, const Tensor& sample_weight) const {
  const Tensor each = cast(values(y_true, y_pred), DType::kFloat32);
  const Tensor counts = counting(y_true, each);
  const Tensor weight = cast(sample_weight, DType::kFloat32);
  return add_weighted(
      state, each,
      counts.defined() ? lamina::detail::merge_mask(weight, counts, DType::kFloat32, false) : weight);
}

std::vector<Tensor> MeanMetric::add_weighted(std::span<const Tensor> state, Tensor each,
                                             Tensor weight) const {
  // Keras's reduce_to_samplewise_values: values are reduced to the rank of the weights, both then to samples.
  if (weight.rank() == each.rank() + 1 && weight.shape()[-1] == 1) weight = squeeze(weight, {-1});
  std::vector<int> beyond;
  for (int axis = weight.rank(); axis < each.rank(); ++axis) beyond.push_back(axis);
  if (!beyond.empty()) each = mean(each, beyond);
  weight = broadcast_to(lamina::detail::match_weight("metric '" + name() + "'", weight, each.shape()),
                        each.shape());
  each = each * weight;
  std::vector<int> inner;
  for (int axis = 1; axis < each.rank(); ++axis) inner.push_back(axis);
  if (!inner.empty()) {
    weight = mean(weight, inner);
    each = mean(each, inner);
  }
  return {state[0] + cast(sum(each), DType::kFloat64), state[1] + cast(sum(weight), DType::kFloat64)};
}

Tensor MeanMetric::counting(const Tensor&, const Tensor&) const { return {}; }

MetricFunction::MetricFunction(const std::string& name, Function function)
    : MeanMetric({name}, "function"), function_(std::move(function)) {
  if (!function_) throw InvalidArgument("a metric is an empty function");
}

double MeanMetric::result(std::span<const Tensor> state) const {
  const auto total = state[0].item<double>(), count = state[1].item<double>();
  return count == 0 ? 0.0 : static_cast<float>(total / count);  // what is logged has float32's digits
}

Tensor Mean::values(const Tensor&, const Tensor& y_pred) const { return y_pred; }

Json Sum::config() const { return Json::object({{"name", name_}, {"dtype", "float32"}}); }

std::vector<Tensor> Sum::update(std::span<const Tensor> state, const Tensor&, const Tensor& y_pred) const {
  return {state[0] + cast(sum(cast(y_pred, DType::kFloat32)), DType::kFloat64)};
}

std::vector<Tensor> Sum::update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                         const Tensor& y_pred, const Tensor& sample_weight) const {
  const Tensor weight = lamina::detail::match_weight("metric '" + name_ + "'",
                                                     cast(sample_weight, DType::kFloat32), y_pred.shape());
  return update(state, y_true, cast(y_pred, DType::kFloat32) * weight);
}

double Sum::result(std::span<const Tensor> state) const {
  return static_cast<float>(state[0].item<double>());
}

Tensor MetricFunction::values(const Tensor& y_true, const Tensor& y_pred) const {
  return function_(y_true, y_pred);
}

}  // namespace lamina::metrics
