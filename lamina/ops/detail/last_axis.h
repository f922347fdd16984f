// Ops whose kernels work along the last axis, for any axis. Internal header.
#pragma once

#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::detail {

/// x with `axis`, which is not negative, and the last one in each other's place.
inline Tensor with_last(const Tensor& x, int axis) {
  std::vector<int> order(static_cast<size_t>(x.rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<size_t>(axis)], order.back());
  return axis == x.rank() - 1 ? x : transpose(x, order);
}

/// What `op` gives for x with `axis` as its last one, with that axis back in its place; without an axis what
/// it gives for the flattened x. Throws InvalidArgument, naming `function`, when x has no such axis.
template <class Op>
Tensor along_last_axis(const char* function, const Tensor& x, std::optional<int> axis, Op&& op) {
  if (!axis) return op(reshape(x, {-1}));
  const int place = checked_axis(function, x, *axis);
  return with_last(op(with_last(x, place)), place);
}

}  // namespace lamina::detail
