// The same elements under another shape: reshape, expand_dims, squeeze, flatten. None of them moves data.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

struct ReshapeAttrs {
  Shape shape;
  bool operator==(const ReshapeAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("shape", self.shape); }
};

/// x with `shape`, elements in row-major order. One extent may be -1: it follows from the size. Throws
/// InvalidArgument when the sizes differ, naming both shapes.
Tensor reshape(const Tensor& x, const Shape& shape);
/// x with a new axis of extent 1 at position `axis` of the result (-1: at the end).
Tensor expand_dims(const Tensor& x, int axis);
/// x without the given axes, which must have extent 1; without any axis of extent 1 when `axes` is empty.
Tensor squeeze(const Tensor& x, const Axes& axes = {});
/// x as (first extent, all others): what the Flatten layer does. A scalar becomes (1, 1).
Tensor flatten(const Tensor& x);

}  // namespace lamina
