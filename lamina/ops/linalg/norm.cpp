// Norms, as compositions.
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/linalg.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/unary.h"

namespace lamina::linalg {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

[[noreturn]] void refuse(const std::string& order, const char* of) {
  throw InvalidArgument(
      "norm: " + std::string(of) + " have no order " + order +
      "; orders are numbers, \"inf\" and \"-inf\", of matrices 1, -1, 2, -2, \"inf\", \"-inf\", \"fro\" "
      "and \"nuc\"");
}

/// The square root of a sum of squares, whose gradient at 0 is 0.
Tensor length(const Tensor& x, const Axes& axes, bool keepdims) {
  return sqrt(sum(square(x), axes, keepdims));
}

Tensor of_vectors(const Tensor& x, double order, const Axes& axes, bool keepdims) {
  const Tensor size = abs(x);
  if (order == kInfinity) return max(size, axes, keepdims);
  if (order == -kInfinity) return min(size, axes, keepdims);
  if (order == 0) return sum(cast(ops::not_equal(x, 0.0), x.dtype()), axes, keepdims);
  if (order == 1) return sum(size, axes, keepdims);
  if (order == 2) return length(x, axes, keepdims);
  if (std::isnan(order)) refuse("NaN", "vectors");
  return power(sum(power(size, order), axes, keepdims), 1 / order);
}

Tensor singular(const Tensor& x, int row, int column) {
  std::vector<int> order;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis != row && axis != column) order.push_back(axis);
  }
  order.push_back(row);
  order.push_back(column);
  return svd(transpose(x, order), false, false).s;
}

Tensor kept(const Tensor& norms, int row, int column, bool keepdims) {
  return keepdims ? expand_dims(expand_dims(norms, std::min(row, column)), std::max(row, column)) : norms;
}

Tensor of_sums(const Tensor& x, bool largest, int summed, int along, bool keepdims) {
  const Tensor sums = sum(abs(x), summed, true);
  const Tensor found = largest ? max(sums, along, true) : min(sums, along, true);
  return keepdims ? found : squeeze(found, {summed, along});
}

Tensor of_matrices(const Tensor& x, double order, int row, int column, bool keepdims) {
  if (std::abs(order) == 1) return of_sums(x, order > 0, row, column, keepdims);
  if (std::abs(order) == kInfinity) return of_sums(x, order > 0, column, row, keepdims);
  if (order == 2) return kept(max(singular(x, row, column), -1), row, column, keepdims);
  if (order == -2) return kept(min(singular(x, row, column), -1), row, column, keepdims);
  refuse(detail::number_json(order).dump(), "matrices");
}

std::vector<int> checked_axes(const Tensor& x, const Axes& axes) {
  std::vector<int> found;
  if (axes.empty()) {
    for (int axis = 0; axis < x.rank(); ++axis) found.push_back(axis);
  } else {
    for (const int axis : axes) found.push_back(detail::checked_axis("norm", x, axis));
  }
  if (found.empty() || found.size() > 2 || (found.size() == 2 && found[0] == found[1])) {
    throw InvalidArgument("norm: expected one axis, for vectors, or two different ones, for matrices, of " +
                          x.type().str());
  }
  return found;
}

}  // namespace

NormOrder::NormOrder(const std::string& order) {
  if (order == "inf" || order == "-inf")
    number = order == "inf" ? kInfinity : -kInfinity;
  else if (order == "fro" || order == "nuc")
    word = order;
  else
    refuse("\"" + order + "\"", "vectors and matrices");
}

namespace {

Json order_json(const std::optional<NormOrder>& ord) {
  if (!ord) return {};
  if (!ord->word.empty()) return ord->word;
  if (std::isinf(ord->number)) return ord->number > 0 ? "inf" : "-inf";
  return detail::number_json(ord->number);
}

}  // namespace

Tensor norm(const Tensor& x, const std::optional<NormOrder>& ord, const Axes& axis, bool keepdims) {
  if (is_symbolic(x)) {
    return detail::recorded(
        "Norm", {x},
        Json::object({{"ord", order_json(ord)}, {"axis", detail::axes_json(axis)}, {"keepdims", keepdims}}));
  }
  const Tensor values = is_floating(x.dtype()) ? x : cast(x, DType::kFloat32);
  if (!ord && axis.empty()) return length(values, {}, keepdims);
  const std::vector<int> places = checked_axes(x, axis);
  if (!ord) return length(values, axis, keepdims);
  if (places.size() == 1) {
    if (!ord->word.empty()) refuse("\"" + ord->word + "\"", "vectors");
    return of_vectors(values, ord->number, places[0], keepdims);
  }
  if (ord->word == "fro") return length(values, {places[0], places[1]}, keepdims);
  if (ord->word == "nuc")
    return kept(sum(singular(values, places[0], places[1]), -1), places[0], places[1], keepdims);
  return of_matrices(values, ord->number, places[0], places[1], keepdims);
}

}  // namespace lamina::linalg
