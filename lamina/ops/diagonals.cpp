// Diagonals, cut out of rows that are one longer.
#include "lamina/ops/diagonals.h"

#include <algorithm>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

/// A number whose negative is one, too.
int bounded(int number) { return std::max(number, -std::numeric_limits<int>::max()); }

/// x with these axes, in this order, behind all others.
Tensor with_last(const Tensor& x, const std::vector<int>& axes) {
  std::vector<int> order;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  return transpose(x, order);
}

/// A matrix with the elements of a vector on a diagonal.
Tensor with_diagonal(const Tensor& x, int given) {
  const int k = bounded(given);
  const Tensor places = arange(x.shape()[0], DType::kInt64);
  const Tensor square = where(equal(expand_dims(places, 1), places), expand_dims(x, 1), zeros_like(x));
  return pad(square, {{std::max(0, -k), std::max(0, k)}, {std::max(0, k), std::max(0, -k)}});
}

Json config_of(int offset, int axis1, int axis2) {
  return Json::object({{"offset", offset}, {"axis1", axis1}, {"axis2", axis2}});
}

/// Columns less rows, and k, of a matrix of N rows.
std::pair<Tensor, double> columns_less_rows(const char* function, int64_t N, std::optional<int64_t> M,
                                            int64_t k) {
  if (N < 0 || M.value_or(N) < 0)
    throw InvalidArgument(std::string(function) + ": expected 0 rows and columns or more, received " +
                          std::to_string(N) + " and " + std::to_string(M.value_or(N)));
  const Tensor rows = expand_dims(arange(N, DType::kInt64), 1);
  return {arange(M.value_or(N), DType::kInt64) - rows, static_cast<double>(k)};
}

}  // namespace

Tensor diagonal(const Tensor& x, int given, int axis1, int axis2) {
  if (is_symbolic(x)) return detail::recorded("Diagonal", {x}, config_of(given, axis1, axis2));
  const int offset = bounded(given);
  if (x.rank() < 2)
    throw InvalidArgument("diagonal, trace: expected two axes at least, received " + x.type().str());
  const int first = detail::checked_axis("diagonal", x, axis1),
            second = detail::checked_axis("diagonal", x, axis2);
  if (first == second) throw InvalidArgument("diagonal, trace: expected two different axes");
  const Tensor matrices = with_last(x, {first, second});
  const int64_t rows = matrices.shape()[-2], columns = matrices.shape()[-1];
  const int64_t row = std::min<int64_t>(rows, std::max(0, -offset));
  const int64_t column = std::min<int64_t>(columns, std::max(0, offset));
  const int64_t n = std::min(rows - row, columns - column);
  const Tensor kept = index(matrices, {ellipsis, Slice{row, row + n}, Slice{column, column + n}});
  // In rows of n elements and one more, the diagonal is the first column.
  Shape flat;
  for (int axis = 0; axis < kept.rank() - 2; ++axis) flat.push_back(kept.shape()[axis]);
  flat.push_back(n * n);
  return index(reshape(kept, flat), {ellipsis, Slice{0, n * n, n + 1}});
}

Tensor trace(const Tensor& x, int offset, int axis1, int axis2) {
  if (is_symbolic(x)) return detail::recorded("Trace", {x}, config_of(offset, axis1, axis2));
  return sum(diagonal(x, offset, axis1, axis2), -1);
}

Tensor diag(const Tensor& x, int k) {
  if (is_symbolic(x)) return detail::recorded("Diag", {x}, Json::object({{"k", k}}));
  if (x.rank() == 1) return with_diagonal(x, k);
  if (x.rank() == 2) return diagonal(x, k);
  throw InvalidArgument("diag: expected one axis or two, received " + x.type().str());
}

Tensor diagflat(const Tensor& x, int k) {
  if (is_symbolic(x)) return detail::recorded("Diagflat", {x}, Json::object({{"k", k}}));
  return with_diagonal(reshape(x, {-1}), k);
}

Tensor eye(int64_t N, std::optional<int64_t> M, int64_t k, DType dtype) {
  const auto [apart, offset] = columns_less_rows("eye", N, M, k);
  return cast(equal(apart, offset), dtype);
}

Tensor tri(int64_t N, std::optional<int64_t> M, int64_t k, DType dtype) {
  const auto [apart, offset] = columns_less_rows("tri", N, M, k);
  return cast(less_equal(apart, offset), dtype);
}

namespace {

template <Tensor (*op)(const Tensor&, int, int, int)>
Tensor run_of_two_axes(const OperationCall& call) {
  return op(call.tensor(0), detail::integer_of(call, "offset", 0), detail::integer_of(call, "axis1", 0),
            detail::integer_of(call, "axis2", 1));
}

template <Tensor (*op)(const Tensor&, int)>
Tensor run_with_k(const OperationCall& call) {
  return op(call.tensor(0), detail::integer_of(call, "k", 0));
}

const bool diagonals_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Diagonal", run_of_two_axes<diagonal>},
                                                    {"Trace", run_of_two_axes<trace>},
                                                    {"Diag", run_with_k<diag>},
                                                    {"Diagflat", run_with_k<diagflat>}});

}  // namespace
}  // namespace lamina
