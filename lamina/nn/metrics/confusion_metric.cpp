// Counting right and wrong answers at thresholds, for all of them at once: predictions are sorted into the
// gaps between thresholds, and counts above a threshold are sums over the gaps above it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/confusion.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/searchsorted.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/top_k.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::metrics {
namespace {

constexpr double kNever = -1e10;  // Keras's NEG_INF: below all thresholds

// Keras's is_evenly_distributed_thresholds; those with ends outside of [0, 1] are by what they were made of.
bool spread_evenly(const std::vector<double>& thresholds) {
  const size_t count = thresholds.size();
  if (count < 3) return false;
  for (size_t i = 0; i < count; ++i) {
    const double even = static_cast<float>(i) / static_cast<double>(count - 1);
    if (!(std::abs(thresholds[i] - even) <= 2e-7 + 1e-5 * even)) return false;
  }
  return true;
}

// Predictions that are not among the k largest of their row become kNever.
Tensor keep_top(const Tensor& x, int64_t k) {
  const Tensor places = top_k(x, k)[1];
  const Tensor kept = sum(one_hot(places, x.shape()[-1], x.dtype()), {-2});
  return x * kept + (1.0 - kept) * kNever;
}

}  // namespace

ConfusionMetric::ConfusionMetric(std::string name, Plan plan)
    : name_(std::move(name)), plan_(std::move(plan)), even_(spread_evenly(plan_.thresholds)) {
  std::vector<size_t> order(plan_.thresholds.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return plan_.thresholds[a] < plan_.thresholds[b]; });
  places_.resize(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    ascending_.push_back(static_cast<float>(plan_.thresholds[order[i]]));
    places_[order[i]] = static_cast<int32_t>(i);
  }
}

double ConfusionMetric::share(double part, double rest) {
  return part + rest == 0 ? 0 : static_cast<float>(part / (part + rest));
}

std::vector<Metric::Variable> ConfusionMetric::variables() const {
  Shape shape{static_cast<int64_t>(plan_.thresholds.size())};
  if (plan_.labels > 0) shape = Shape{shape[0], plan_.labels};
  std::vector<Variable> all;
  for (const char* name : plan_.names) all.push_back({name, {DType::kFloat64, shape}});
  return all;
}

std::vector<Tensor> ConfusionMetric::update(std::span<const Tensor> state, const Tensor& y_true,
                                            const Tensor& y_pred) const {
  return count(state, y_true, y_pred, Tensor());
}

std::vector<Tensor> ConfusionMetric::update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                                     const Tensor& y_pred,
                                                     const Tensor& sample_weight) const {
  return count(state, y_true, y_pred, sample_weight);
}

std::vector<Tensor> ConfusionMetric::count(std::span<const Tensor> state, const Tensor& y_true,
                                           const Tensor& y_pred, const Tensor& sample_weight) const {
  const std::string what = "metric '" + name_ + "'";
  auto [target, output] = lamina::detail::match_shapes(name_, y_true, cast(y_pred, DType::kFloat32));
  if (plan_.from_logits) output = sigmoid(output);
  if (output.rank() == 0) output = reshape(output, {1}), target = reshape(target, {1});
  Tensor weight;  // of the shape of the predictions
  if (sample_weight.defined()) {
    weight =
        broadcast_to(lamina::detail::match_weight(what, cast(sample_weight, DType::kFloat32), output.shape()),
                     output.shape());
  }
  if (!plan_.label_weights.empty() && plan_.labels == 0) {
    const auto places = static_cast<int64_t>(plan_.label_weights.size());
    if (output.shape()[-1] != places) {
      throw InvalidArgument(what + ": label_weights has " + std::to_string(places) +
                            " numbers, predictions are of shape " + y_pred.shape().str());
    }
    const Tensor each =
        broadcast_to(cast(Tensor::from(plan_.label_weights, {places}), DType::kFloat32), output.shape());
    weight = weight.defined() ? weight * each : each;
  }
  if (plan_.top_k) {
    if (*plan_.top_k > output.shape()[-1]) {
      throw InvalidArgument(what + ": top_k is " + std::to_string(*plan_.top_k) +
                            ", predictions are of shape " + y_pred.shape().str());
    }
    output = keep_top(output, *plan_.top_k);
  }
  if (plan_.class_id) {
    if (output.rank() < 2 || *plan_.class_id >= output.shape()[-1]) {
      throw InvalidArgument(what + ": class_id is " + std::to_string(*plan_.class_id) +
                            ", predictions are of shape " + y_pred.shape().str());
    }
    output = index(output, {ellipsis, *plan_.class_id});
    target = index(target, {ellipsis, *plan_.class_id});
    if (weight.defined()) weight = index(weight, {ellipsis, *plan_.class_id});
  }
  if (plan_.labels > 0 && (output.rank() != 2 || output.shape()[1] != plan_.labels)) {
    throw InvalidArgument(what + ": counts " + std::to_string(plan_.labels) +
                          " labels, but predictions are of shape " + y_pred.shape().str());
  }

  // How many thresholds a prediction lies above.
  const auto thresholds = static_cast<int64_t>(plan_.thresholds.size());
  Tensor above;
  if (even_) {  // as Keras does it: rounding may put those near a threshold on its other side
    above = ceil(clip(output, 0, 1) * static_cast<double>(thresholds - 1));
    if (plan_.padded) above = maximum(above, 1.0);
    above = cast(where(isnan(output), 0.0, above), DType::kInt32);
  } else {
    const Tensor known = where(isnan(output), -std::numeric_limits<double>::infinity(), output);
    above = cast(searchsorted(Tensor::from(ascending_, {thresholds}), reshape(known, {-1})), DType::kInt32);
    above = reshape(above, output.shape());
  }

  const int64_t labels = std::max<int64_t>(plan_.labels, 1);
  if (plan_.labels > 0) above = above + arange(labels) * static_cast<double>(thresholds + 1);
  above = reshape(above, {-1});
  Tensor yes = cast(not_equal(target, 0.0), DType::kFloat32), no = 1.0 - yes;
  if (weight.defined()) yes = yes * weight, no = no * weight;
  const Tensor places = Tensor::from(places_, {thresholds});
  const auto positives = [&](const Tensor& which) {  // (thresholds, labels): the sums above each threshold
    const Tensor gaps =
        scatter_add(cast(reshape(which, {-1}), DType::kFloat64), above, 0, (thresholds + 1) * labels);
    const Tensor rows = reshape(gaps, {labels, thresholds + 1});
    const Tensor sums = slice(flip(cumsum(flip(rows, {1}), 1), {1}), {0, 1}, {labels, thresholds + 1});
    const Tensor each = take(transpose(sums), places, 0);
    return plan_.labels > 0 ? each : reshape(each, {thresholds});
  };
  const auto all_of = [&](const Tensor& which) {
    const Tensor wide = cast(which, DType::kFloat64);
    return plan_.labels > 0 ? sum(wide, {0}, true) : sum(wide);
  };
  const Tensor true_positives = positives(yes), false_positives = positives(no);
  std::vector<Tensor> updated;
  for (size_t i = 0; i < plan_.counts.size(); ++i) {
    const auto counted = [&]() -> Tensor {
      switch (plan_.counts[i]) {
        case Count::kTruePositives:
          return true_positives;
        case Count::kFalsePositives:
          return false_positives;
        case Count::kTrueNegatives:
          return all_of(no) - false_positives;
        default:
          return all_of(yes) - true_positives;
      }
    }();
    updated.push_back(state[i] + counted);
  }
  return updated;
}

}  // namespace lamina::metrics
