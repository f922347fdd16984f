// Checks, dtypes, transposes and triangles of matrices.
#include "lamina/ops/linalg/detail/matrices.h"

#include <numeric>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/full.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina::detail {
namespace {

DType float_of(DType dtype) { return is_floating(dtype) ? dtype : DType::kFloat32; }

/// What LAPACK computes in.
DType computed_in(DType dtype) { return dtype == DType::kFloat64 ? dtype : DType::kFloat32; }

std::pair<Tensor, Tensor> rows_and_columns(const Tensor& x) {
  return {expand_dims(arange(x.shape()[-2]), 1), arange(x.shape()[-1])};
}

}  // namespace

Floats matrices_of(const char* function, const Tensor& x) {
  if (x.rank() < 2) {
    throw InvalidArgument(std::string(function) + ": expected matrices (..., rows, columns), received " +
                          x.type().str());
  }
  const DType wanted = float_of(x.dtype());
  return {cast(x, computed_in(wanted)), wanted};
}

Floats square_matrices_of(const char* function, const Tensor& x) {
  Floats floats = matrices_of(function, x);
  if (x.shape()[-1] != x.shape()[-2]) {
    throw InvalidArgument(std::string(function) + ": expected square matrices (..., n, n), received " +
                          x.type().str());
  }
  return floats;
}

std::pair<Floats, Tensor> system_of(const char* function, const Tensor& a, const Tensor& b) {
  const std::vector<Tensor> both = in_one_dtype({a, b});
  Floats square = square_matrices_of(function, both[0]);
  Tensor right = cast(both[1], square.x.dtype());
  const auto refuse = [&]() {
    throw InvalidArgument(std::string(function) +
                          ": expected a (..., n, n) and b (..., n, k) or (..., n), received " +
                          a.type().str() + " and " + b.type().str());
  };
  if (right.rank() < 2 || right.shape()[-2] != a.shape()[-1]) refuse();
  Shape leading;
  try {
    leading = broadcast(without_last(a.shape(), 2), without_last(right.shape(), 2));
  } catch (const InvalidArgument&) {
    refuse();
  }
  const auto whole = [&](const Tensor& x) {
    Shape shape = leading;
    shape.push_back(x.shape()[-2]);
    shape.push_back(x.shape()[-1]);
    return broadcast_to(x, shape);
  };
  square.x = whole(square.x);
  return {square, whole(right)};
}

void check_matrices(const InferArgs& args, bool square) {
  const Shape& x = args.inputs[0].shape;
  if (x.rank() < 2) args.fail("x must have two axes at least");
  if (square && x[-1] != x[-2]) args.fail("x must have as many rows as columns");
  if (args.inputs[0].dtype != DType::kFloat32 && args.inputs[0].dtype != DType::kFloat64)
    args.fail("x must be float32 or float64");
  if (x[-1] > 30000 || x[-2] > 30000)
    args.fail("matrices of more than 30,000 rows or columns are not supported");
}

Tensor transposed(const Tensor& x) {
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return transpose(x, order);
}

Tensor lower_part(const Tensor& x) {
  const auto [rows, columns] = rows_and_columns(x);
  return where(ops::greater_equal(rows, columns), x, 0.0);
}

Tensor strictly_lower_part(const Tensor& x) {
  const auto [rows, columns] = rows_and_columns(x);
  return where(ops::greater(rows, columns), x, 0.0);
}

Tensor upper_part(const Tensor& x) {
  const auto [rows, columns] = rows_and_columns(x);
  return where(ops::less_equal(rows, columns), x, 0.0);
}

Tensor identity(int64_t n, DType dtype) {
  const Tensor places = arange(n);
  return cast(ops::equal(expand_dims(places, 1), places), dtype);
}

Tensor identity_like(const Tensor& x) { return broadcast_to(identity(x.shape()[-1], x.dtype()), x.shape()); }

Tensor diagonal_matrices(const Tensor& x) {
  const Tensor places = arange(x.shape()[-1]);
  return where(ops::equal(expand_dims(places, 1), places), expand_dims(x, -1), 0.0);
}

Shape with_matrix(const Shape& shape, int64_t rows, int64_t columns) {
  Shape result = shape;
  result.set(-2, rows);
  result.set(-1, columns);
  return result;
}

Shape without_last(const Shape& shape, int axes) {
  Shape result;
  for (int axis = 0; axis < shape.rank() - axes; ++axis) result.push_back(shape[axis]);
  return result;
}

}  // namespace lamina::detail
