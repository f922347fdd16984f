// Operations of keras.ops that graphs in files hold and that other ops make up: elementwise on real numbers.
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::floating;
using detail::run_binary;
using detail::run_unary;

/// int64 becomes float64, as Keras has it in some operations.
Tensor wide(const Tensor& x) { return x.dtype() == DType::kInt64 ? cast(x, DType::kFloat64) : floating(x); }

Tensor fabs(const Tensor& x) { return abs(floating(x)); }
Tensor same(const Tensor& x) { return x; }
Tensor isreal(const Tensor& x) { return ones(x.shape(), DType::kBool); }

Tensor cbrt(const Tensor& given) {
  const Tensor x = wide(given);
  return sign(x) * power(abs(x), 1.0 / 3);
}

// At 0, neither the number nor its gradient comes from 0 / 0.
Tensor sinc(const Tensor& given) {
  const Tensor x = floating(given), zero = equal(x, 0.0);
  const Tensor angle = where(zero, 1.0, x * std::numbers::pi);
  return where(zero, 1.0, sin(angle) / angle);
}

Tensor heaviside(const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = detail::in_one_dtype({a, b});
  const Tensor x = wide(both[0]);
  return where(less(x, 0.0), 0.0, where(greater(x, 0.0), 1.0, wide(both[1])));
}

Tensor ldexp(const Tensor& a, const Tensor& b) {
  if (is_floating(b.dtype()) || b.dtype() == DType::kBool)
    throw InvalidArgument("operation Ldexp: expected exponents of an integer dtype, received " +
                          b.type().str());
  const Tensor x = floating(a);
  const Tensor scaled = x * power(detail::scalar_like(2, x), cast(b, x.dtype()));
  // 0 and infinities stay, whatever the power overflows to.
  return where(ops::logical_or(equal(x, 0.0), not_equal(x - x, 0.0)), x, scaled);
}

/// The other of two where one is NaN.
template <Tensor (*op)(const Tensor&, const Tensor&)>
Tensor without_nan(const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = detail::in_one_dtype({a, b});
  const Tensor &x = both[0], &y = both[1];
  if (!is_floating(x.dtype())) return op(x, y);
  return where(isnan(x), y, where(isnan(y), x, op(x, y)));
}

/// The remainder with the sign of the dividend.
Tensor fmod(const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = detail::in_one_dtype({a, b});
  return sign(both[0]) * mod(abs(both[0]), abs(both[1]));
}

const bool numpy_number_operations_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Abs", run_unary<abs>},
                                                    {"Fabs", run_unary<fabs>},
                                                    {"Cbrt", run_unary<cbrt>},
                                                    {"Sinc", run_unary<sinc>},
                                                    {"Real", run_unary<same>},
                                                    {"Conj", run_unary<same>},
                                                    {"Conjugate", run_unary<same>},
                                                    {"Isreal", run_unary<isreal>},
                                                    {"Heaviside", run_binary<heaviside>, {"x1", "x2"}},
                                                    {"Ldexp", run_binary<ldexp>, {"x1", "x2"}},
                                                    {"Fmax", run_binary<without_nan<maximum>>, {"x1", "x2"}},
                                                    {"Fmin", run_binary<without_nan<minimum>>, {"x1", "x2"}},
                                                    {"Fmod", run_binary<fmod>, {"x1", "x2"}}});

}  // namespace
}  // namespace lamina
