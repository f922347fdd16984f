// Operations of keras.ops that graphs in files hold and that other ops make up: those that leave NaN out.
#include <cmath>
#include <limits>

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/finite_range.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// x with a number in place of each NaN.
Tensor without_nan(const Tensor& x, double number) {
  return is_floating(x.dtype()) ? where(isnan(x), number, x) : x;
}

/// How many elements along the axes are no NaN, in x's floating dtype.
Tensor counted(const Tensor& x, const Axes& axes, bool keepdims) {
  return sum(cast(ops::logical_not(isnan(x)), x.dtype()), axes, keepdims);
}

Tensor nan_mean(const Tensor& given, const Axes& axes, bool keepdims) {
  const Tensor x = detail::floating(given);
  return sum(without_nan(x, 0), axes, keepdims) / counted(x, axes, keepdims);
}

Tensor nan_variance(const Tensor& given, const Axes& axes, bool keepdims) {
  const Tensor x = detail::floating(given);
  // What is NaN by an infinite mean counts.
  const Tensor squares = where(isnan(x), 0.0, square(x - nan_mean(x, axes, /*keepdims=*/true)));
  return sum(squares, axes, keepdims) / counted(x, axes, keepdims);
}

Tensor nan_deviation(const Tensor& x, const Axes& axes, bool keepdims) {
  return sqrt(nan_variance(x, axes, keepdims));
}

template <Tensor (*reduction)(const Tensor&, const Axes&, bool)>
Tensor run_reduction(const OperationCall& call) {
  return reduction(call.tensor(0), detail::axes_of(call), detail::flag_of(call, "keepdims"));
}

Tensor nan_sum(const Tensor& x, const Axes& axes, bool keepdims) {
  return sum(without_nan(x, 0), axes, keepdims);
}

Tensor nan_product(const Tensor& x, const Axes& axes, bool keepdims) {
  return prod(without_nan(x, 1), axes, keepdims);
}

/// The largest or least element that is no NaN, and NaN where there is none.
template <Tensor (*reduction)(const Tensor&, const Axes&, bool), int kSign>
Tensor nan_extreme(const Tensor& x, const Axes& axes, bool keepdims) {
  if (!is_floating(x.dtype())) return reduction(x, axes, keepdims);
  const Tensor found = reduction(without_nan(x, kSign * kInfinity), axes, keepdims);
  return where(all(isnan(x), axes, keepdims), std::nan(""), found);
}

/// Where no number is given for an infinity, it becomes the largest number of the dtype.
Tensor nan_to_num(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  if (!is_floating(x.dtype())) return x;
  const auto number = [&](const char* key, double otherwise) {
    const Json* given = call.config.find(key);
    return given && !given->is_null() ? given->as_double() : otherwise;
  };
  const double largest = detail::finite_range(x.dtype()).second;
  const Tensor numbers = without_nan(x, number("nan", 0));
  const Tensor above = where(equal(x, kInfinity), number("posinf", largest), numbers);
  return where(equal(x, -kInfinity), number("neginf", -largest), above);
}

const bool numpy_nan_operations_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Nansum", run_reduction<nan_sum>},
                                                    {"Nanprod", run_reduction<nan_product>},
                                                    {"Nanmean", run_reduction<nan_mean>},
                                                    {"Nanvar", run_reduction<nan_variance>},
                                                    {"Nanstd", run_reduction<nan_deviation>},
                                                    {"Nanmax", run_reduction<nan_extreme<max, -1>>},
                                                    {"Nanmin", run_reduction<nan_extreme<min, 1>>},
                                                    {"NanToNum", nan_to_num}});

}  // namespace
}  // namespace lamina
