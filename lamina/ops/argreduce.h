// Positions of extremes: argmax and argmin.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// Attributes of argmax and argmin; `axis` is not negative.
struct ArgReduceAttrs {
  int axis = 0;
  bool keepdims = false;
  bool operator==(const ArgReduceAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("axis", self.axis);
    visit("keepdims", self.keepdims);
  }
};

/// int32 index along `axis` of the first largest element (the first NaN, if there is one). Throws
/// InvalidArgument when the axis is out of range or has no elements. As keras.ops.argmax.
Tensor argmax(const Tensor& x, int axis = -1, bool keepdims = false);
/// int32 index along `axis` of the first smallest element; otherwise as argmax.
Tensor argmin(const Tensor& x, int axis = -1, bool keepdims = false);

}  // namespace lamina
