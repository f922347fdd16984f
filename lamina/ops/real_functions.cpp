// Elementwise functions of numbers, written with ops.
#include "lamina/ops/real_functions.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/finite_range.h"
#include "lamina/ops/detail/indices_json.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/searchsorted.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::any_symbolic;
using detail::floating;
using detail::recorded;
using detail::recorded_two;
using detail::run_binary;
using detail::run_unary;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// int64 becomes float64, as Keras has it in some operations.
Tensor wide(const Tensor& x) { return x.dtype() == DType::kInt64 ? cast(x, DType::kFloat64) : floating(x); }

std::pair<Tensor, Tensor> floats_in_one_dtype(const Tensor& x1, const Tensor& x2) {
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  return {floating(both[0]), floating(both[1])};
}

/// The other of two where one is NaN.
template <Tensor (*op)(const Tensor&, const Tensor&)>
Tensor without_nan(const Tensor& x1, const Tensor& x2) {
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  const Tensor &x = both[0], &y = both[1];
  if (!is_floating(x.dtype())) return op(x, y);
  return where(isnan(x), y, where(isnan(y), x, op(x, y)));
}

template <int kSign>
Tensor is_infinite(const Tensor& x) {
  if (!is_floating(x.dtype())) return zeros(x.shape(), DType::kBool);
  return equal(x, kSign * kInfinity);
}

/// The largest number of `to` that is one of `from`, too.
double largest_of_both(DType from, DType to) {
  double high = detail::finite_range(to).second;
  if (is_integer(to) && high > 0x1p53) high = std::nextafter(high, 0);  // 2^63 and 2^64 are none
  if (!is_floating(from)) return std::min(high, detail::finite_range(from).second);
  const int digits = from == DType::kFloat64   ? 53
                     : from == DType::kFloat32 ? 24
                     : from == DType::kFloat16 ? 11
                                               : 8;
  const double step = std::ldexp(1, std::ilogb(high) - digits + 1);
  return std::min(std::floor(high / step) * step, detail::finite_range(from).second);
}

}  // namespace

Tensor log2(const Tensor& x) { return is_symbolic(x) ? recorded("Log2", {x}) : log(x) / std::numbers::ln2; }
Tensor log10(const Tensor& x) {
  return is_symbolic(x) ? recorded("Log10", {x}) : log(x) / std::numbers::ln10;
}

Tensor exp2(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Exp2", {given});
  const Tensor x = floating(given);
  return power(detail::scalar_like(2, x), x);
}

Tensor cbrt(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Cbrt", {given});
  const Tensor x = wide(given);
  return sign(x) * power(abs(x), 1.0 / 3);
}

Tensor deg2rad(const Tensor& x) {
  return is_symbolic(x) ? recorded("Deg2rad", {x}) : wide(x) * (std::numbers::pi / 180);
}
Tensor rad2deg(const Tensor& x) {
  return is_symbolic(x) ? recorded("Rad2deg", {x}) : wide(x) * (180 / std::numbers::pi);
}

Tensor trunc(const Tensor& x) {
  if (is_symbolic(x)) return recorded("Trunc", {x});
  return is_floating(x.dtype()) ? where(less(x, 0.0), ceil(x), floor(x)) : x;
}

// Of integers nothing is left to round behind the point.
Tensor round(const Tensor& x, int64_t decimals) {
  if (is_symbolic(x)) return recorded("Round", {x}, Json::object({{"decimals", decimals}}));
  if (decimals == 0) return round(x);
  if (decimals > 0 && !is_floating(x.dtype())) return x;
  const double factor = std::pow(10.0, static_cast<double>(decimals));
  return cast(round(floating(x) * factor) / factor, x.dtype());
}

// At 0, neither the number nor its gradient comes from 0 / 0.
Tensor sinc(const Tensor& given) {
  if (is_symbolic(given)) return recorded("Sinc", {given});
  const Tensor x = floating(given), zero = equal(x, 0.0);
  const Tensor angle = where(zero, 1.0, x * std::numbers::pi);
  return where(zero, 1.0, sin(angle) / angle);
}

Tensor signbit(const Tensor& x) {
  if (is_symbolic(x)) return recorded("Signbit", {x});
  if (x.dtype() == DType::kBool) return zeros(x.shape(), DType::kBool);
  if (!is_floating(x.dtype())) return less(x, 0.0);
  // The reciprocal tells -0 from 0.
  return logical_or(less(x, 0.0), equal(reciprocal(x), -kInfinity));
}

Tensor isposinf(const Tensor& x) { return is_symbolic(x) ? recorded("Isposinf", {x}) : is_infinite<1>(x); }
Tensor isneginf(const Tensor& x) { return is_symbolic(x) ? recorded("Isneginf", {x}) : is_infinite<-1>(x); }

Tensor nan_to_num(const Tensor& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  if (is_symbolic(x)) {
    return recorded("NanToNum", {x},
                    Json::object({{"nan", nan},
                                  {"posinf", detail::optional_json(posinf)},
                                  {"neginf", detail::optional_json(neginf)}}));
  }
  if (!is_floating(x.dtype())) return x;
  const double largest = detail::finite_range(x.dtype()).second;
  const Tensor above = where(equal(x, kInfinity), posinf.value_or(largest), where(isnan(x), nan, x));
  return where(equal(x, -kInfinity), neginf.value_or(-largest), above);
}

Tensor saturate_cast(const Tensor& given, DType dtype) {
  if (is_symbolic(given))
    return detail::record({"SaturateCast", Json::object({{"dtype", name(dtype)}}), {given}});
  if (given.dtype() == dtype) return given;
  const Tensor x = detail::numeric(given);
  if (dtype == DType::kBool) return cast(x, dtype);
  const double least = std::max(detail::finite_range(x.dtype()).first, detail::finite_range(dtype).first);
  return cast(clip(x, least, largest_of_both(x.dtype(), dtype)), dtype);
}

Tensor hypot(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Hypot", x1, x2);
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  const Tensor x = abs(wide(both[0])), y = abs(wide(both[1]));
  const Tensor larger = maximum(x, y), there = not_equal(larger, 0.0);
  const Tensor ratio = where(there, minimum(x, y) / where(there, larger, 1.0), 0.0);
  // An infinity beside another one is one, too.
  return where(equal(larger, kInfinity), kInfinity, larger * sqrt(square(ratio) + 1.0));
}

Tensor logaddexp(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Logaddexp", x1, x2);
  const auto [x, y] = floats_in_one_dtype(x1, x2);
  const Tensor delta = x - y;
  return where(isnan(delta), x + y, maximum(x, y) + log1p(exp(-abs(delta))));
}

Tensor logaddexp2(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Logaddexp2", x1, x2);
  const auto [x, y] = floats_in_one_dtype(x1, x2);
  const Tensor apart = x - y;
  const Tensor more = log1p(exp(abs(apart) * -std::numbers::ln2)) / std::numbers::ln2;
  return where(isnan(apart), x + y, maximum(x, y) + more);
}

Tensor divide_no_nan(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("DivideNoNan", x1, x2);
  const auto [above, below] = floats_in_one_dtype(x1, x2);
  const Tensor absent = equal(below, 0.0);
  return where(absent, 0.0, above / where(absent, 1.0, below));
}

Tensor heaviside(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Heaviside", x1, x2);
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  const Tensor x = wide(both[0]);
  return where(less(x, 0.0), 0.0, where(greater(x, 0.0), 1.0, wide(both[1])));
}

Tensor ldexp(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Ldexp", x1, x2);
  if (is_floating(x2.dtype()) || x2.dtype() == DType::kBool)
    throw InvalidArgument("ldexp: expected exponents of an integer dtype, received " + x2.type().str());
  const Tensor x = floating(x1);
  const Tensor scaled = x * power(detail::scalar_like(2, x), cast(x2, x.dtype()));
  // 0 and infinities stay, whatever the power overflows to.
  return where(logical_or(equal(x, 0.0), not_equal(x - x, 0.0)), x, scaled);
}

Tensor fmax(const Tensor& x1, const Tensor& x2) {
  return any_symbolic(x1, x2) ? recorded_two("Fmax", x1, x2) : without_nan<maximum>(x1, x2);
}
Tensor fmin(const Tensor& x1, const Tensor& x2) {
  return any_symbolic(x1, x2) ? recorded_two("Fmin", x1, x2) : without_nan<minimum>(x1, x2);
}

Tensor fmod(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("Fmod", x1, x2);
  const std::vector<Tensor> both = detail::in_one_dtype({detail::numeric(x1), detail::numeric(x2)});
  const Tensor &x = both[0], &y = both[1];
  if (is_floating(x.dtype())) return sign(x) * mod(abs(x), abs(y));
  // The least integer has no absolute value.
  const Tensor rest = mod(x, y);
  return where(logical_and(not_equal(rest, 0.0), not_equal(less(x, 0.0), less(y, 0.0))), rest - y, rest);
}

Tensor logical_xor(const Tensor& x1, const Tensor& x2) {
  if (any_symbolic(x1, x2)) return recorded_two("LogicalXor", x1, x2);
  return not_equal(cast(x1, DType::kBool), cast(x2, DType::kBool));
}

Tensor isclose(const Tensor& x1, const Tensor& x2, double rtol, double atol, bool equal_nan) {
  if (any_symbolic(x1, x2))
    return recorded("Isclose", {detail::operand(x1), detail::operand(x2), Json(rtol), Json(atol)},
                    Json::object({{"equal_nan", equal_nan}}));
  const std::vector<Tensor> both = detail::in_one_dtype({x1, x2});
  if (!is_floating(both[0].dtype())) return equal(both[0], both[1]);
  const Tensor near = less_equal(abs(both[0] - both[1]), abs(both[1]) * rtol + atol);
  if (!equal_nan) return near;
  return logical_or(near, logical_and(isnan(both[0]), isnan(both[1])));
}

Tensor allclose(const Tensor& x1, const Tensor& x2, double rtol, double atol, bool equal_nan) {
  if (any_symbolic(x1, x2))
    return recorded_two("AllClose", x1, x2,
                        Json::object({{"rtol", rtol}, {"atol", atol}, {"equal_nan", equal_nan}}));
  return all(isclose(x1, x2, rtol, atol, equal_nan));
}

Tensor isin(const Tensor& x1, const Tensor& x2, bool invert) {
  if (any_symbolic(x1, x2))
    return recorded_two("IsIn", x1, x2, Json::object({{"assume_unique", false}, {"invert", invert}}));
  std::vector<Tensor> both = detail::in_one_dtype({detail::numeric(x1), detail::numeric(x2)});
  const Tensor values = sort(reshape(both[1], {-1}));
  if (values.size() == 0) return full(both[0].shape(), invert ? 1 : 0, DType::kBool);
  const Tensor place = minimum(searchsorted(values, both[0]), static_cast<double>(values.size() - 1));
  const Tensor found = equal(take(values, place), both[0]);
  return invert ? logical_not(found) : found;
}

namespace {

std::optional<double> number_of(const OperationCall& call, const char* key) {
  const Json* number = call.config.find(key);
  if (!number || number->is_null()) return std::nullopt;
  return number->as_double();
}

// Of the two, this one has them among its arguments.
Tensor run_isclose(const OperationCall& call) {
  const auto number = [&](size_t place, double otherwise) {
    return place >= call.args.size() || call.value(place).is_null() ? otherwise : call.number(place);
  };
  const auto [x1, x2] = detail::two_of(call);
  return isclose(x1, x2, number(2, 1e-5), number(3, 1e-8), detail::flag_of(call, "equal_nan"));
}

Tensor run_allclose(const OperationCall& call) {
  const auto [x1, x2] = detail::two_of(call);
  return allclose(x1, x2, number_of(call, "rtol").value_or(1e-5), number_of(call, "atol").value_or(1e-8),
                  detail::flag_of(call, "equal_nan"));
}

// Exponents are integers beside floats.
Tensor run_ldexp(const OperationCall& call) {
  if (!call.value(1).is_null()) return ldexp(call.tensor(0), detail::literal(call.value(1)));
  return run_binary<ldexp>(call);
}

// Of real numbers alone, those of complex ones say little.
Tensor same(const Tensor& x) { return x; }
Tensor zeros_of(const Tensor& x) { return zeros_like(x); }
Tensor isreal(const Tensor& x) { return ones(x.shape(), DType::kBool); }
Tensor fabs(const Tensor& x) { return abs(floating(x)); }
Tensor angle(const Tensor& given) {
  const Tensor x = floating(given);
  return where(isnan(x), x, where(signbit(x), std::numbers::pi, zeros_like(x)));
}

const std::vector<std::string> kTwo{"x1", "x2"};
const bool real_functions_recorded =
    detail::register_operations(
        detail::kNumpyOps,
        {{"Log2", run_unary<log2>},
         {"Log10", run_unary<log10>},
         {"Exp2", run_unary<exp2>},
         {"Cbrt", run_unary<cbrt>},
         {"Deg2rad", run_unary<deg2rad>},
         {"Rad2deg", run_unary<rad2deg>},
         {"Trunc", run_unary<trunc>},
         {"Round",
          [](const OperationCall& call) {
            const Json* decimals = call.config.find("decimals");
            return round(call.tensor(0), decimals && !decimals->is_null() ? decimals->as_int() : 0);
          }},
         {"Sinc", run_unary<sinc>},
         {"Signbit", run_unary<signbit>},
         {"Isinf", run_unary<isinf>},
         {"Isposinf", run_unary<isposinf>},
         {"Isneginf", run_unary<isneginf>},
         {"NanToNum",
          [](const OperationCall& call) {
            return nan_to_num(call.tensor(0), number_of(call, "nan").value_or(0), number_of(call, "posinf"),
                              number_of(call, "neginf"));
          }},
         {"Hypot", run_binary<hypot>, kTwo},
         {"Logaddexp", run_binary<logaddexp>, kTwo},
         {"Logaddexp2", run_binary<logaddexp2>, kTwo},
         {"DivideNoNan", run_binary<divide_no_nan>, kTwo},
         {"Heaviside", run_binary<heaviside>, kTwo},
         {"Ldexp", run_ldexp, kTwo},
         {"Fmax", run_binary<fmax>, kTwo},
         {"Fmin", run_binary<fmin>, kTwo},
         {"Fmod", run_binary<fmod>, kTwo},
         {"LogicalXor", run_binary<logical_xor>, kTwo},
         {"Isclose", run_isclose, {"x1", "x2", "rtol", "atol"}},
         {"AllClose", run_allclose, kTwo},
         {"IsIn",
          [](const OperationCall& call) {
            return isin(call.tensor(0), detail::indices_of(call, 1), detail::flag_of(call, "invert"));
          },
          kTwo},
         {"Abs", run_unary<abs>},
         {"Fabs", run_unary<fabs>},
         {"Copy", run_unary<same>},
         {"Real", run_unary<same>},
         {"Conj", run_unary<same>},
         {"Conjugate", run_unary<same>},
         {"Imag", run_unary<zeros_of>},
         {"EmptyLike", run_unary<zeros_of>},
         {"Isreal", run_unary<isreal>},
         {"Angle", run_unary<angle>}}) &&
    detail::register_operations(detail::kCoreOps, {{"SaturateCast", [](const OperationCall& call) {
                                                      return saturate_cast(
                                                          call.tensor(0),
                                                          detail::dtype_of(call, call.tensor(0).dtype()));
                                                    }}});

}  // namespace
}  // namespace lamina
