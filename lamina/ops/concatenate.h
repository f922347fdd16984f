// Joining tensors along an axis: concatenate and stack.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// `axis` is not negative.
struct ConcatenateAttrs {
  int axis = 0;
  bool operator==(const ConcatenateAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("axis", self.axis); }
};

/// The tensors one after the other along `axis`, in the dtype that they promote to (lamina/base/dtype.h):
/// int32 and float32 give float32. All must have one rank (at least 1) and equal extents on the other axes;
/// throws InvalidArgument otherwise, and for an empty list.
Tensor concatenate(const std::vector<Tensor>& tensors, int axis = 0);
/// Tensors of one shape along a new axis at position `axis` of the result, likewise in one dtype.
Tensor stack(const std::vector<Tensor>& tensors, int axis = 0);

}  // namespace lamina
