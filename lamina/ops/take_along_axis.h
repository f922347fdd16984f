// Gathering by one index for each element: take_along_axis, and its adjoint scatter_add_along_axis.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// `axis` is not negative.
struct TakeAlongAxisAttrs {
  int axis = 0;
  bool operator==(const TakeAlongAxisAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("axis", self.axis); }
};

/// `axis` is not negative; `size` is the result's extent on it.
struct ScatterAddAlongAxisAttrs {
  int axis = 0;
  int64_t size = 0;
  bool operator==(const ScatterAddAlongAxisAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("axis", self.axis);
    visit("size", self.size);
  }
};

/// y[i, j, k] = x[i, indices[i, j, k], k] for axis 1: the elements of x at `indices` (integers, as many axes
/// as x) along `axis`. The other axes broadcast. Without an axis x is flattened first, and `indices` has one
/// axis. Negative indices count from the end; an index out of range gives NaN (0 for integers and bool),
/// since values are not known when arguments are checked. As keras.ops.take_along_axis.
///
/// Throws InvalidArgument for indices that are no integers, a different number of axes, an axis that x lacks,
/// and shapes that do not broadcast.
Tensor take_along_axis(const Tensor& x, const Tensor& indices, std::optional<int> axis = std::nullopt);

/// The adjoint of take_along_axis: zeros of extent `size` along `axis`, to which each element of `updates`
/// is added at its index, which has the same place in `indices` (integers of the updates' shape). Indices out
/// of range are dropped. The order of additions, and so each bit, does not depend on the number of threads.
/// Throws InvalidArgument for other shapes, bool updates, an axis that they lack and a negative size.
Tensor scatter_add_along_axis(const Tensor& updates, const Tensor& indices, int axis, int64_t size);

}  // namespace lamina
