// Operations of keras.ops that graphs in files hold and that other ops make up: elementwise and products.
#include <cmath>
#include <limits>
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/tensordot.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::floating;
using detail::run_binary;
using detail::run_unary;

Tensor log2(const Tensor& x) { return log(x) / std::numbers::ln2; }
Tensor log10(const Tensor& x) { return log(x) / std::numbers::ln10; }
Tensor exp2(const Tensor& x) { return power(detail::scalar_like(2, floating(x)), floating(x)); }
Tensor deg2rad(const Tensor& x) { return floating(x) * (std::numbers::pi / 180); }
Tensor rad2deg(const Tensor& x) { return floating(x) * (180 / std::numbers::pi); }
Tensor trunc(const Tensor& x) {
  return is_floating(x.dtype()) ? where(ops::less(x, 0.0), ceil(x), floor(x)) : x;
}
Tensor copy(const Tensor& x) { return x; }
Tensor ravel(const Tensor& x) { return reshape(x, {-1}); }

template <int kSign>
Tensor is_infinite(const Tensor& x) {
  if (!is_floating(x.dtype())) return zeros(x.shape(), DType::kBool);
  return equal(x, kSign * std::numeric_limits<double>::infinity());
}

// Of integers nothing is left to round behind the point.
Tensor rounded(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const Json* decimals = call.config.find("decimals");
  const int64_t places = decimals && !decimals->is_null() ? decimals->as_int() : 0;
  if (places == 0) return round(x);
  if (places > 0 && !is_floating(x.dtype())) return x;
  const double factor = std::pow(10.0, static_cast<double>(places));
  return cast(round(floating(x) * factor) / factor, x.dtype());
}

template <int kValue>
Tensor filled_like(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  return full(x.shape(), kValue, detail::dtype_of(call, x.dtype()));
}

Tensor full_like(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const DType dtype = detail::dtype_of(call, x.dtype());
  if (call.value(1).is_null())
    return where(ones(x.shape(), DType::kBool), cast(call.tensor(1), dtype), zeros(x.shape(), dtype));
  return full(x.shape(), call.number(1), dtype);
}

Tensor outer(const Tensor& a, const Tensor& b) { return reshape(a, {-1, 1}) * reshape(b, {-1}); }

Tensor dot(const Tensor& a, const Tensor& b) {
  if (a.rank() == 0 || b.rank() == 0) return a * b;
  return tensordot(a, b, {-1}, {b.rank() == 1 ? -1 : -2});
}
Tensor inner(const Tensor& a, const Tensor& b) {
  return a.rank() == 0 || b.rank() == 0 ? a * b : tensordot(a, b, {-1}, {-1});
}
Tensor vdot(const Tensor& a, const Tensor& b) { return tensordot(ravel(a), ravel(b), 1); }

Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return not_equal(cast(a, DType::kBool), cast(b, DType::kBool));
}

Tensor divide_no_nan(const Tensor& a, const Tensor& b) {
  const Tensor below = floating(b), absent = equal(below, 0.0);
  return where(absent, 0.0, floating(a) / where(absent, 1.0, below));
}

Tensor logaddexp(const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = detail::in_one_dtype({floating(a), floating(b)});
  const Tensor delta = both[0] - both[1];
  return where(isnan(delta), both[0] + both[1], maximum(both[0], both[1]) + log1p(exp(-abs(delta))));
}

Tensor near(const OperationCall& call, double rtol, double atol) {
  const std::vector<Tensor> both = detail::in_one_dtype({call.tensor(0), call.tensor(1)});
  if (!is_floating(both[0].dtype())) return equal(both[0], both[1]);
  const Tensor near = ops::less_equal(abs(both[0] - both[1]), abs(both[1]) * rtol + atol);
  if (!detail::flag_of(call, "equal_nan")) return near;
  return ops::logical_or(near, ops::logical_and(isnan(both[0]), isnan(both[1])));
}

Tensor isclose(const OperationCall& call) {
  const auto number = [&](size_t place, double otherwise) {
    return call.value(place).is_null() ? otherwise : call.number(place);
  };
  return near(call, number(2, 1e-5), number(3, 1e-8));
}

Tensor allclose(const OperationCall& call) {
  const auto number = [&](const char* key, double otherwise) {
    const Json* value = call.config.find(key);
    return value && !value->is_null() ? value->as_double() : otherwise;
  };
  return all(near(call, number("rtol", 1e-5), number("atol", 1e-8)));
}

Tensor average(const OperationCall& call) {
  const Tensor x = floating(call.tensor(0));
  const Axes axes = detail::axes_of(call);
  if (call.args.size() < 2) return mean(x, axes);
  const Tensor weights = floating(call.tensor(1));
  if (axes.empty() || x.rank() == weights.rank()) return sum(x * weights, axes) / sum(weights, axes);
  return tensordot(x, weights, {axes.values()[0]}, {0}) / sum(weights);
}

const bool numpy_operations_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Log2", run_unary<log2>},
                                                    {"Log10", run_unary<log10>},
                                                    {"Exp2", run_unary<exp2>},
                                                    {"Deg2rad", run_unary<deg2rad>},
                                                    {"Rad2deg", run_unary<rad2deg>},
                                                    {"Trunc", run_unary<trunc>},
                                                    {"Copy", run_unary<copy>},
                                                    {"Ravel", run_unary<ravel>},
                                                    {"Isinf", run_unary<isinf>},
                                                    {"Isposinf", run_unary<is_infinite<1>>},
                                                    {"Isneginf", run_unary<is_infinite<-1>>},
                                                    {"Round", rounded},
                                                    {"ZerosLike", filled_like<0>},
                                                    {"OnesLike", filled_like<1>},
                                                    {"FullLike", full_like, {"x", "fill_value"}},
                                                    {"Outer", run_binary<outer>, {"x1", "x2"}},
                                                    {"Dot", run_binary<dot>, {"x1", "x2"}},
                                                    {"Inner", run_binary<inner>, {"x1", "x2"}},
                                                    {"Vdot", run_binary<vdot>, {"x1", "x2"}},
                                                    {"LogicalXor", run_binary<logical_xor>, {"x1", "x2"}},
                                                    {"DivideNoNan", run_binary<divide_no_nan>, {"x1", "x2"}},
                                                    {"Logaddexp", run_binary<logaddexp>, {"x1", "x2"}},
                                                    {"Isclose", isclose, {"x1", "x2", "rtol", "atol"}},
                                                    {"AllClose", allclose, {"x1", "x2"}},
                                                    {"Average", average, {"x", "weights"}}});

}  // namespace
}  // namespace lamina
