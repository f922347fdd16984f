// Statistics, written with ops.
#include "lamina/ops/statistics.h"

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/counting.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/finite_range.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/nan_reductions.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/tensordot.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::axes_json;
using detail::floating;
using detail::recorded;

constexpr int64_t kMostBins = 65536;

}  // namespace

Tensor ops::std(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x))
    return recorded("Std", {x}, Json::object({{"axis", axes_json(axes)}, {"keepdims", keepdims}}));
  return sqrt(variance(x, axes, keepdims));
}

// Half precision is too narrow for the squares.
Moments moments(const Tensor& given, const Axes& axes, bool keepdims) {
  if (is_symbolic(given)) {
    const std::vector<Tensor> both = detail::record_all(
        {"Moments", Json::object({{"axes", axes_json(axes)}, {"keepdims", keepdims}}), {given}});
    return {both.at(0), both.at(1)};
  }
  const bool half = given.dtype() == DType::kFloat16 || given.dtype() == DType::kBFloat16;
  const Tensor x = half ? cast(given, DType::kFloat32) : floating(given);
  const auto back = [&](const Tensor& y) { return half ? cast(y, given.dtype()) : y; };
  return {back(mean(x, axes, keepdims)), back(variance(x, axes, keepdims))};
}

Tensor average(const Tensor& given, const Axes& axis, const Tensor& given_weights) {
  if (is_symbolic(given)) {
    std::vector<OperationArgument> args{given};
    if (given_weights.defined()) args.emplace_back(given_weights);
    return recorded("Average", std::move(args), Json::object({{"axis", axes_json(axis)}}));
  }
  if (!given_weights.defined()) return mean(given, axis);
  const std::vector<Tensor> both = detail::in_one_dtype({given, given_weights});
  const Tensor x = floating(both[0]), weights = floating(both[1]);
  if (weights.shape() == x.shape()) return sum(x * weights, axis) / sum(weights, axis);
  if (axis.size() == 1) {
    const int place = detail::checked_axis("average", x, axis.values()[0]);
    if (weights.shape() == Shape{x.shape()[place]}) return tensordot(x, weights, {place}, {0}) / sum(weights);
  }
  throw InvalidArgument("average: weights must have the shape of x, " + x.shape().str() +
                        ", or be one for each place of one axis; received " + weights.shape().str());
}

Tensor ptp(const Tensor& x, const Axes& axis, bool keepdims) {
  if (is_symbolic(x))
    return recorded("Ptp", {x}, Json::object({{"axis", axes_json(axis)}, {"keepdims", keepdims}}));
  return max(x, axis, keepdims) - min(x, axis, keepdims);
}

Tensor count_nonzero(const Tensor& x, const Axes& axis) {
  if (is_symbolic(x)) return recorded("CountNonzero", {x}, Json::object({{"axis", axes_json(axis)}}));
  return sum(cast(x, DType::kBool), axis);
}

Histogram histogram(const Tensor& given, int64_t bins, std::optional<std::pair<double, double>> range) {
  if (bins < 1 || bins > kMostBins)
    throw InvalidArgument("histogram: expected 1 to " + std::to_string(kMostBins) + " bins, received " +
                          std::to_string(bins));
  const DType dtype = is_floating(given.dtype()) ? given.dtype() : DType::kFloat32;
  const double largest = detail::finite_range(dtype).second;
  if (range && !(range->first <= range->second && std::abs(range->first) <= largest &&
                 std::abs(range->second) <= largest))
    throw InvalidArgument("histogram: expected a finite range that rises, received " +
                          std::to_string(range->first) + " to " + std::to_string(range->second));
  const Tensor x = stop_gradient(reshape(floating(given), {-1}));
  if (!range && x.size() == 0) range = {0, 1};
  const Tensor finite = where(isfinite(x), x, std::numeric_limits<double>::quiet_NaN());
  const Tensor least = range ? detail::scalar_like(range->first, x) : nanmin(finite);
  const Tensor most = range ? detail::scalar_like(range->second, x) : nanmax(finite);
  // Of equal elements the range is one wide, as NumPy has it.
  const Tensor none = equal(least, most);
  const Tensor low = where(none, least - 0.5, least), high = where(none, most + 0.5, most);
  const Tensor numbers = cast(arange(bins + 1), x.dtype());
  const Tensor edges = where(equal(numbers, static_cast<double>(bins)), high,
                             low + numbers * ((high - low) / static_cast<double>(bins)));
  // What lies outside goes behind the last bin, which is cut off.
  const Tensor inside = logical_and(greater_equal(x, low), less_equal(x, high));
  Tensor place =
      cast(floor((where(inside, x, low) - low) / (high - low) * static_cast<double>(bins)), DType::kInt32);
  place = minimum(place, static_cast<double>(bins - 1));
  // Rounding may have put an element beside its bin.
  place = place - cast(less(x, take(edges, place)), DType::kInt32);
  place = place + cast(logical_and(less(place, static_cast<double>(bins - 1)),
                                   greater_equal(x, take(edges, place + 1))),
                       DType::kInt32);
  place = where(inside, place, static_cast<double>(bins));
  return {bincount(place, {}, bins + 1, bins + 1)[Slice{0, bins}], edges};
}

Tensor normalize(const Tensor& given, const Axes& axis, double order, double epsilon) {
  if (is_symbolic(given))
    return recorded(
        "Normalize", {given},
        Json::object(
            {{"axis", axes_json(axis)}, {"order", detail::number_json(order)}, {"epsilon", epsilon}}));
  const Tensor x = floating(given);
  // The square is what is bounded: the root of 0 has no gradient.
  if (order == 2) return x * rsqrt(maximum(sum(square(x), axis, /*keepdims=*/true), epsilon * epsilon));
  if (!(order >= 1) || order != std::floor(order) || !std::isfinite(order))
    throw InvalidArgument("normalize: order must be a whole number from 1, received " +
                          std::to_string(order));
  // Norms of matrices are something else.
  if (axis.size() != 1)
    throw InvalidArgument("normalize: expected one axis for an order other than 2, received " +
                          std::to_string(axis.size()));
  const Tensor norm =
      order == 1 ? sum(abs(x), axis, true) : power(sum(power(abs(x), order), axis, true), 1 / order);
  return x / maximum(norm, epsilon);
}

Tensor psnr(const Tensor& x1, const Tensor& x2, double max_val) {
  if (!(max_val > 0)) throw InvalidArgument("psnr: max_val must be above 0");
  if (is_symbolic(x1) || is_symbolic(x2))
    return recorded("PSNR", {x1, x2}, Json::object({{"max_val", max_val}}));
  const Tensor error = mean(square(floating(x1) - floating(x2)));
  return 20 * std::log10(max_val) - log(error) * (10 / std::log(10.0));
}

namespace {

Tensor run_std(const OperationCall& call) {
  return ops::std(call.tensor(0), detail::axes_of(call), detail::flag_of(call, "keepdims"));
}

std::vector<Tensor> run_moments(const OperationCall& call) {
  const Moments both =
      moments(call.tensor(0), detail::axes_of(call, "axes"), detail::flag_of(call, "keepdims"));
  return {both.mean, both.variance};
}

Tensor run_average(const OperationCall& call) {
  return average(call.tensor(0), detail::axes_of(call), call.args.size() < 2 ? Tensor() : call.tensor(1));
}

Tensor run_ptp(const OperationCall& call) {
  return ptp(call.tensor(0), detail::axes_of(call), detail::flag_of(call, "keepdims"));
}

Tensor run_count_nonzero(const OperationCall& call) {
  return count_nonzero(call.tensor(0), detail::axes_of(call));
}

Tensor run_normalize(const OperationCall& call) {
  return normalize(call.tensor(0), detail::axes_of(call), detail::number_of(call, "order", 2),
                   detail::number_of(call, "epsilon", 1e-7));
}

Tensor run_psnr(const OperationCall& call) {
  return psnr(call.tensor(0), call.tensor(1), call.config.at("max_val").as_double());
}

const bool statistics_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Std", run_std},
                                                    {"Average", run_average, {"x", "weights"}},
                                                    {"Ptp", run_ptp},
                                                    {"CountNonzero", run_count_nonzero}}) &&
    detail::register_operations(detail::kNnOps,
                                {{"Normalize", run_normalize}, {"PSNR", run_psnr, {"x1", "x2"}}}) &&
    register_operation({.class_name = "Moments", .module = detail::kNnOps, .run_all = run_moments});

}  // namespace
}  // namespace lamina
