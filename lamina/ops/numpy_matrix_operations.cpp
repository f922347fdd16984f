// Operations of keras.ops that graphs in files hold and that other ops make up: diagonals, and products of
// matrices and vectors.
#include <algorithm>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

// Its negative is a number, too.
int integer_of(const OperationCall& call, const char* key, int otherwise) {
  const Json* value = call.config.find(key);
  const int number = value && !value->is_null() ? detail::checked_int(value->as_int(), key) : otherwise;
  return std::max(number, -std::numeric_limits<int>::max());
}

/// x with these axes, in this order, behind all others.
Tensor with_last(const Tensor& x, const std::vector<int>& axes) {
  std::vector<int> order;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  return transpose(x, order);
}

/// The diagonal of two axes that stands `offset` columns right of the main one, as a last axis.
Tensor diagonal_of(const Tensor& x, int offset, int axis1, int axis2) {
  if (x.rank() < 2)
    throw InvalidArgument("operation Diagonal, Trace: expected two axes at least, received " +
                          x.type().str());
  const int first = detail::checked_axis("Diagonal", x, axis1),
            second = detail::checked_axis("Diagonal", x, axis2);
  if (first == second) throw InvalidArgument("operation Diagonal, Trace: expected two different axes");
  const Tensor matrices = with_last(x, {first, second});
  const int64_t rows = matrices.shape()[-2], columns = matrices.shape()[-1];
  const int64_t row = std::min<int64_t>(rows, std::max(0, -offset));
  const int64_t column = std::min<int64_t>(columns, std::max(0, offset));
  const int64_t n = std::min(rows - row, columns - column);
  const std::vector<IndexItem> square{ellipsis, Slice{row, row + n}, Slice{column, column + n}};
  const Tensor kept = index(matrices, square);
  // In rows of n elements and one more, the diagonal is the first column.
  Shape flat;
  for (int axis = 0; axis < kept.rank() - 2; ++axis) flat.push_back(kept.shape()[axis]);
  flat.push_back(n * n);
  return index(reshape(kept, flat), {ellipsis, Slice{0, n * n, n + 1}});
}

Tensor diagonal(const OperationCall& call) {
  return diagonal_of(call.tensor(0), integer_of(call, "offset", 0), integer_of(call, "axis1", 0),
                     integer_of(call, "axis2", 1));
}

Tensor trace(const OperationCall& call) { return sum(diagonal(call), -1); }

/// A matrix with the elements of a vector on a diagonal.
Tensor with_diagonal(const Tensor& x, int k) {
  const Tensor places = arange(x.shape()[0], DType::kInt64);
  const Tensor square = where(equal(expand_dims(places, 1), places), expand_dims(x, 1), zeros_like(x));
  return pad(square, {{std::max(0, -k), std::max(0, k)}, {std::max(0, k), std::max(0, -k)}});
}

Tensor diag(const OperationCall& call) {
  const Tensor& x = call.tensor(0);
  const int k = integer_of(call, "k", 0);
  if (x.rank() == 1) return with_diagonal(x, k);
  if (x.rank() == 2) return diagonal_of(x, k, 0, 1);
  throw InvalidArgument("operation Diag: expected one axis or two, received " + x.type().str());
}

Tensor diagflat(const OperationCall& call) {
  return with_diagonal(reshape(call.tensor(0), {-1}), integer_of(call, "k", 0));
}

/// One block for each element of a, which holds b times that.
Tensor kron(const Tensor& a, const Tensor& b) {
  const int rank = std::max(a.rank(), b.rank());
  Shape of_a, of_b, result;
  for (int axis = -rank; axis < 0; ++axis) {
    const int64_t extent_a = axis >= -a.rank() ? a.shape()[axis] : 1;
    const int64_t extent_b = axis >= -b.rank() ? b.shape()[axis] : 1;
    of_a.push_back(extent_a);
    of_a.push_back(1);
    of_b.push_back(1);
    of_b.push_back(extent_b);
    result.push_back(extent_a * extent_b);
  }
  return reshape(reshape(a, of_a) * reshape(b, of_b), result);
}

/// One coordinate of vectors along the last axis; the third of vectors in a plane is 0.
Tensor coordinate(const Tensor& x, int64_t place) { return index(x, {ellipsis, place}); }

Tensor cross(const OperationCall& call) {
  const std::vector<Tensor> both = detail::in_one_dtype({call.tensor(0), call.tensor(1)});
  const bool same = !detail::axes_of(call).empty();
  const int given = detail::axis_of(call, -1);
  const auto vectors = [&](const Tensor& x, const char* key) {
    const int axis = detail::checked_axis("Cross", x, same ? given : integer_of(call, key, -1));
    if (x.shape()[axis] != 2 && x.shape()[axis] != 3)
      throw InvalidArgument("operation Cross: expected vectors of 2 or 3 elements, received " +
                            x.type().str());
    return with_last(x, {axis});
  };
  const Tensor a = vectors(both[0], "axisa"), b = vectors(both[1], "axisb");
  const Tensor z = coordinate(a, 0) * coordinate(b, 1) - coordinate(a, 1) * coordinate(b, 0);
  const bool flat_a = a.shape()[-1] == 2, flat_b = b.shape()[-1] == 2;
  if (flat_a && flat_b) return z;
  const Tensor az = flat_a ? zeros_like(coordinate(a, 0)) : coordinate(a, 2);
  const Tensor bz = flat_b ? zeros_like(coordinate(b, 0)) : coordinate(b, 2);
  const std::vector<Tensor> parts{coordinate(a, 1) * bz - az * coordinate(b, 1),
                                  az * coordinate(b, 0) - coordinate(a, 0) * bz, z};
  return stack(parts, same ? given : integer_of(call, "axisc", -1));
}

using detail::run_binary;
const bool numpy_matrix_operations_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Diagonal", diagonal},
                                                    {"Trace", trace},
                                                    {"Diag", diag},
                                                    {"Diagflat", diagflat},
                                                    {"Kron", run_binary<kron>, {"x1", "x2"}},
                                                    {"Cross", cross, {"x1", "x2"}}});

}  // namespace
}  // namespace lamina
