// Reductions of what is put in place of NaN.
#include "lamina/ops/nan_reductions.h"

#include <limits>

#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Json config_of(const Axes& axes, bool keepdims) {
  return Json::object({{"axis", detail::axes_json(axes)}, {"keepdims", keepdims}});
}

/// x with a number in place of each NaN.
Tensor without_nan(const Tensor& x, double number) {
  return is_floating(x.dtype()) ? where(isnan(x), number, x) : x;
}

/// Sums and counts of 16 bits are too coarse to be divided.
Tensor wide_enough(const Tensor& x) { return x.dtype() == DType::kFloat64 ? x : cast(x, DType::kFloat32); }

/// The mean of `values` where x is no NaN.
Tensor mean_of(const Tensor& values, const Tensor& x, const Axes& axes, bool keepdims) {
  const Tensor there = cast(logical_not(isnan(x)), values.dtype());
  return sum(where(isnan(x), 0.0, values), axes, keepdims) / sum(there, axes, keepdims);
}

template <Tensor (*reduction)(const Tensor&, const Axes&, bool)>
Tensor extreme(const Tensor& x, const Axes& axes, bool keepdims, double last) {
  if (!is_floating(x.dtype())) return reduction(x, axes, keepdims);
  const Tensor found = reduction(without_nan(x, last), axes, keepdims);
  return where(all(isnan(x), axes, keepdims), kNaN, found);
}

template <Tensor (*place)(const Tensor&, std::optional<int>, bool)>
Tensor place_of(const Tensor& x, std::optional<int> axis, bool keepdims, double last) {
  if (!is_floating(x.dtype())) return place(x, axis, keepdims);
  const Tensor found = place(without_nan(x, last), axis, keepdims);
  return where(all(isnan(x), axis ? Axes(*axis) : Axes(), keepdims), -1.0, found);
}

Tensor draw_scan(const char* class_name, const Tensor& x, std::optional<int> axis,
                 std::optional<DType> dtype) {
  return detail::recorded(class_name, {x},
                          Json::object({{"axis", detail::optional_json(axis)},
                                        {"dtype", dtype ? Json(name(*dtype)) : Json(nullptr)}}));
}

}  // namespace

Tensor nansum(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return detail::recorded("Nansum", {x}, config_of(axes, keepdims));
  return sum(without_nan(x, 0), axes, keepdims);
}

Tensor nanprod(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return detail::recorded("Nanprod", {x}, config_of(axes, keepdims));
  return prod(without_nan(x, 1), axes, keepdims);
}

Tensor nanmean(const Tensor& given, const Axes& axes, bool keepdims) {
  if (is_symbolic(given)) return detail::recorded("Nanmean", {given}, config_of(axes, keepdims));
  const Tensor x = detail::floating(given), wide = wide_enough(x);
  return cast(mean_of(wide, wide, axes, keepdims), x.dtype());
}

// What is NaN by an infinite mean counts.
Tensor nanvar(const Tensor& given, const Axes& axes, bool keepdims) {
  if (is_symbolic(given)) return detail::recorded("Nanvar", {given}, config_of(axes, keepdims));
  const Tensor x = detail::floating(given), wide = wide_enough(x);
  const Tensor apart = wide - mean_of(wide, wide, axes, /*keepdims=*/true);
  return cast(mean_of(square(apart), wide, axes, keepdims), x.dtype());
}

Tensor nanstd(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return detail::recorded("Nanstd", {x}, config_of(axes, keepdims));
  return sqrt(nanvar(x, axes, keepdims));
}

Tensor nanmax(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return detail::recorded("Nanmax", {x}, config_of(axes, keepdims));
  return extreme<max>(x, axes, keepdims, -kInfinity);
}

Tensor nanmin(const Tensor& x, const Axes& axes, bool keepdims) {
  if (is_symbolic(x)) return detail::recorded("Nanmin", {x}, config_of(axes, keepdims));
  return extreme<min>(x, axes, keepdims, kInfinity);
}

Tensor nanargmax(const Tensor& x, std::optional<int> axis, bool keepdims) {
  if (is_symbolic(x))
    return detail::recorded("Nanargmax", {x},
                            Json::object({{"axis", detail::optional_json(axis)}, {"keepdims", keepdims}}));
  return place_of<argmax>(x, axis, keepdims, -kInfinity);
}

Tensor nanargmin(const Tensor& x, std::optional<int> axis, bool keepdims) {
  if (is_symbolic(x))
    return detail::recorded("Nanargmin", {x},
                            Json::object({{"axis", detail::optional_json(axis)}, {"keepdims", keepdims}}));
  return place_of<argmin>(x, axis, keepdims, kInfinity);
}

Tensor nancumsum(const Tensor& x, std::optional<int> axis, std::optional<DType> dtype) {
  if (is_symbolic(x)) return draw_scan("Nancumsum", x, axis, dtype);
  return cumsum(without_nan(x, 0), axis, dtype.value_or(x.dtype()));
}

Tensor nancumprod(const Tensor& x, std::optional<int> axis, std::optional<DType> dtype) {
  if (is_symbolic(x)) return draw_scan("Nancumprod", x, axis, dtype);
  return cumprod(without_nan(x, 1), axis, dtype.value_or(x.dtype()));
}

namespace {

template <Tensor (*reduction)(const Tensor&, const Axes&, bool)>
Tensor run_reduction(const OperationCall& call) {
  return reduction(call.tensor(0), detail::axes_of(call), detail::flag_of(call, "keepdims"));
}

template <Tensor (*place)(const Tensor&, std::optional<int>, bool)>
Tensor run_place(const OperationCall& call) {
  return place(call.tensor(0), detail::optional_axis_of(call), detail::flag_of(call, "keepdims"));
}

template <Tensor (*scan)(const Tensor&, std::optional<int>, std::optional<DType>)>
Tensor run_scan(const OperationCall& call) {
  return scan(call.tensor(0), detail::optional_axis_of(call), detail::dtype_of(call, call.tensor(0).dtype()));
}

const bool nan_reductions_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Nansum", run_reduction<nansum>},
                                                    {"Nanprod", run_reduction<nanprod>},
                                                    {"Nanmean", run_reduction<nanmean>},
                                                    {"Nanvar", run_reduction<nanvar>},
                                                    {"Nanstd", run_reduction<nanstd>},
                                                    {"Nanmax", run_reduction<nanmax>},
                                                    {"Nanmin", run_reduction<nanmin>},
                                                    {"Nanargmax", run_place<nanargmax>},
                                                    {"Nanargmin", run_place<nanargmin>},
                                                    {"Nancumsum", run_scan<nancumsum>},
                                                    {"Nancumprod", run_scan<nancumprod>}});

}  // namespace
}  // namespace lamina
