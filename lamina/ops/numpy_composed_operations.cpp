// Operations of keras.ops that graphs in files hold and that other ops make up: of two tensors and along
// axes.
#include <cmath>
#include <limits>
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/indices_json.h"
#include "lamina/ops/detail/last_axis.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/fft.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::floating;
using detail::run_binary;
using detail::run_unary;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// int64 becomes float64, as Keras has it in some operations.
Tensor wide(const Tensor& x) { return x.dtype() == DType::kInt64 ? cast(x, DType::kFloat64) : floating(x); }

Tensor hypot(const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = detail::in_one_dtype({a, b});
  const Tensor x = abs(wide(both[0])), y = abs(wide(both[1]));
  const Tensor larger = maximum(x, y), there = not_equal(larger, 0.0);
  const Tensor ratio = where(there, minimum(x, y) / where(there, larger, 1.0), 0.0);
  // An infinity beside another one is one, too.
  return where(equal(larger, kInfinity), kInfinity, larger * sqrt(square(ratio) + 1.0));
}

Tensor logaddexp2(const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = detail::in_one_dtype({floating(a), floating(b)});
  const Tensor &x = both[0], &y = both[1], apart = x - y;
  const Tensor more = log1p(exp(abs(apart) * -std::numbers::ln2)) / std::numbers::ln2;
  return where(isnan(apart), x + y, maximum(x, y) + more);
}

Tensor signbit(const Tensor& x) {
  if (x.dtype() == DType::kBool) return zeros(x.shape(), DType::kBool);
  if (!is_floating(x.dtype())) return less(x, 0.0);
  // The reciprocal tells -0 from 0. A NaN's sign is not told.
  return logical_or(less(x, 0.0), equal(reciprocal(x), -kInfinity));
}

Tensor zeros_of(const Tensor& x) { return zeros_like(x); }

Tensor angle(const Tensor& given) {
  const Tensor x = floating(given);
  return where(isnan(x), x, where(signbit(x), std::numbers::pi, zeros_like(x)));
}

template <Tensor (*scan)(const Tensor&, std::optional<int>, std::optional<DType>), int kNeutral>
Tensor nan_scan(const OperationCall& call) {
  Tensor x = call.tensor(0);
  const DType dtype = detail::dtype_of(call, x.dtype());
  if (is_floating(x.dtype())) x = where(isnan(x), static_cast<double>(kNeutral), x);
  return scan(x, detail::optional_axis_of(call), dtype);
}

/// The place of the extreme among the elements that are no NaN, and -1 where there is none.
template <Tensor (*place)(const Tensor&, std::optional<int>, bool), int kSign>
Tensor nan_place(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const std::optional<int> axis = detail::optional_axis_of(call);
  const bool keepdims = detail::flag_of(call, "keepdims");
  if (!is_floating(x.dtype())) return place(x, axis, keepdims);
  const Tensor found = place(where(isnan(x), kSign * kInfinity, x), axis, keepdims);
  return where(all(isnan(x), axis ? Axes(*axis) : Axes(), keepdims), -1.0, found);
}

Tensor trapezoid(const OperationCall& call) {
  const Json *x = call.config.find("x"), *dx = call.config.find("dx");
  if (x && !x->is_null()) throw Unsupported("operation Trapezoid: x is not supported, only dx");
  const Tensor given = floating(call.tensor(0));
  const Tensor y =
      detail::with_last(given, detail::checked_axis("Trapezoid", given, detail::axis_of(call, -1)));
  if (y.shape()[-1] < 1)
    throw InvalidArgument("operation Trapezoid: expected elements, received " + y.type().str());
  const Tensor means =
      (index(y, {ellipsis, Slice{1, Slice::kNone}}) + index(y, {ellipsis, Slice{0, -1}})) * 0.5;
  return sum(means * (dx && !dx->is_null() ? dx->as_double() : 1.0), -1);
}

Tensor vander(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  if (x.rank() != 1) throw InvalidArgument("operation Vander: expected one axis, received " + x.type().str());
  const Json* columns = call.config.find("N");
  const int64_t n = columns && !columns->is_null() ? columns->as_int() : x.shape()[0];
  const Tensor up = arange(n), powers = detail::flag_of(call, "increasing") ? up : flip(up);
  const DType computed = promote(x.dtype(), DType::kFloat32);
  return cast(power(cast(expand_dims(x, 1), computed), cast(powers, computed)), x.dtype());
}

Tensor isin(const OperationCall& call) {
  const std::vector<Tensor> both = detail::in_one_dtype({call.tensor(0), detail::indices_of(call, 1)});
  const Tensor found = ops::any(equal(expand_dims(both[0], -1), reshape(both[1], {-1})), -1);
  return detail::flag_of(call, "invert") ? ops::logical_not(found) : found;
}

Tensor cdist(const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = detail::in_one_dtype({floating(a), floating(b)});
  if (a.rank() < 2 || b.rank() < 2)
    throw InvalidArgument("operation CDist: expected rows of points, received " + a.type().str() + " and " +
                          b.type().str());
  return sqrt(sum(square(expand_dims(both[0], -2) - expand_dims(both[1], -3)), -1));
}

Tensor corrcoef(const Tensor& given) {
  const Tensor x = wide(given);
  if (x.rank() != 2)
    throw InvalidArgument("operation Corrcoef: expected two axes, received " + x.type().str());
  const Tensor apart = x - mean(x, -1, /*keepdims=*/true);
  const Tensor products = matmul(apart, apart, false, true) / static_cast<double>(x.shape()[-1] - 1);
  const Tensor deviations = sqrt(sum(square(apart), -1) / static_cast<double>(x.shape()[-1] - 1));
  return clip(products / (expand_dims(deviations, 1) * deviations), -1, 1);
}

Tensor correlate(const OperationCall& call) {
  const Tensor &a = call.tensor(0), &b = call.tensor(1);
  if (a.rank() != 1 || b.rank() != 1 || b.shape()[0] < 1 || a.shape()[0] < 1)
    throw InvalidArgument("operation Correlate: expected two rows of elements, received " + a.type().str() +
                          " and " + b.type().str());
  const std::vector<Tensor> both = detail::in_one_dtype({wide(a), wide(b)});
  const Json* mode = call.config.find("mode");
  const std::string word = mode && mode->is_string() ? mode->as_string() : "valid";
  const int64_t n = a.shape()[0], m = b.shape()[0];
  if (word == "valid") return sum(extract_sequences(both[0], m, 1) * both[1], -1);
  if (word != "full" && word != "same")
    throw InvalidArgument("operation Correlate: expected mode valid, same or full, received " + word);
  const Tensor full = sum(extract_sequences(pad(both[0], {{m - 1, m - 1}}), m, 1) * both[1], -1);
  if (word == "full") return full;
  const int64_t kept = std::max(n, m), begin = (n + m - 1 - kept) / 2;
  return index(full, {Slice{begin, begin + kept}});
}

const bool numpy_composed_operations_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Hypot", run_binary<hypot>, {"x1", "x2"}},
                                                    {"Logaddexp2", run_binary<logaddexp2>, {"x1", "x2"}},
                                                    {"Signbit", run_unary<signbit>},
                                                    {"Imag", run_unary<zeros_of>},
                                                    {"EmptyLike", run_unary<zeros_of>},
                                                    {"Angle", run_unary<angle>},
                                                    {"Nancumsum", nan_scan<cumsum, 0>},
                                                    {"Nancumprod", nan_scan<cumprod, 1>},
                                                    {"Nanargmax", nan_place<argmax, -1>},
                                                    {"Nanargmin", nan_place<argmin, 1>},
                                                    {"Trapezoid", trapezoid, {"y"}},
                                                    {"Vander", vander},
                                                    {"IsIn", isin, {"x1", "x2"}},
                                                    {"Corrcoef", run_unary<corrcoef>},
                                                    {"Correlate", correlate, {"x1", "x2"}}}) &&
    detail::register_operations(detail::kMathOps, {{"CDist", run_binary<cdist>, {"x", "y"}}});

}  // namespace
}  // namespace lamina
