// Positions of extremes: argmax and argmin.
#pragma once

#include <optional>

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

/// int32 index along `axis` of the first largest element (the first NaN, if there is one); without an axis
/// that in the flattened tensor. `keepdims` leaves the reduced axes with extent 1. Throws InvalidArgument
/// when the axis is out of range or there are no elements. As keras.ops.argmax.
Tensor argmax(const Tensor& x, std::optional<int> axis = std::nullopt, bool keepdims = false);
/// int32 index along `axis` of the first smallest element; otherwise as argmax.
Tensor argmin(const Tensor& x, std::optional<int> axis = std::nullopt, bool keepdims = false);

}  // namespace lamina
