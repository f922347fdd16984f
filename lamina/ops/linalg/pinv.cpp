// What singular values make up: pseudo-inverse, rank, least squares.
#include <algorithm>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/linalg/detail/matrices.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina::linalg {
namespace {

using namespace detail;

Json number_or_null(std::optional<double> value) { return value ? Json(*value) : Json(); }

/// Relative to the largest singular value, what rounding alone may leave of x.
double rounding(const Tensor& x) {
  const double precision = x.dtype() == DType::kFloat64 ? std::numeric_limits<double>::epsilon()
                                                        : std::numeric_limits<float>::epsilon();
  return precision * static_cast<double>(std::max(x.shape()[-1], x.shape()[-2]));
}

}  // namespace

Tensor pinv(const Tensor& x, std::optional<double> rcond) {
  if (is_symbolic(x)) return detail::record({"Pinv", Json::object({{"rcond", number_or_null(rcond)}}), {x}});
  const Floats matrices = matrices_of("pinv", x);
  if (x.shape().size() == 0) return cast(transposed(matrices.x), matrices.wanted);
  // LAPACK's vectors in float32 may be off by twenty roundings, which all meet in the inverse.
  const auto [u, s, vh] = svd(cast(matrices.x, DType::kFloat64), false);
  const Tensor counts = ops::greater(s, rcond.value_or(rounding(matrices.x)) * max(s, -1, true));
  const Tensor inverse = where(counts, 1.0 / where(counts, s, 1.0), 0.0);
  return cast(matmul(vh, expand_dims(inverse, -1) * transposed(u), true), matrices.wanted);
}

Tensor matrix_rank(const Tensor& x, std::optional<double> tol) {
  if (is_symbolic(x))
    return detail::record({"MatrixRank", Json::object({{"tol", number_or_null(tol)}}), {x}});
  const Floats matrices = matrices_of("matrix_rank", x);
  const Tensor s = svd(matrices.x, false, false).s;
  if (x.shape().size() == 0) return sum(cast(s, DType::kInt32), -1);
  const Tensor counts =
      tol ? ops::greater(s, *tol) : ops::greater(s, rounding(matrices.x) * max(s, -1, true));
  return sum(cast(counts, DType::kInt32), -1);
}

Tensor lstsq(const Tensor& a, const Tensor& b, std::optional<double> rcond) {
  if (is_symbolic(a) || is_symbolic(b))
    return detail::record({"Lstsq", Json::object({{"rcond", number_or_null(rcond)}}), {a, b}});
  const bool vector = b.rank() == 1;
  if (a.rank() != 2 || (b.rank() != 2 && !vector) || a.shape()[0] != b.shape()[0]) {
    throw InvalidArgument("lstsq: expected a (m, n) and b (m, k) or (m), received " + a.type().str() +
                          " and " + b.type().str());
  }
  const std::vector<Tensor> both = in_one_dtype({a, b});
  const Floats matrix = matrices_of("lstsq", both[0]);
  const Tensor right = cast(both[1], matrix.x.dtype());
  return cast(matmul(pinv(matrix.x, rcond), right), matrix.wanted);
}

}  // namespace lamina::linalg
