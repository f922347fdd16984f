// Sorting: sort and argsort.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// Whether the op gives the order, too, beside the sorted values.
struct SortAttrs {
  bool order = true;
  bool operator==(const SortAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("order", self.order); }
};

/// The elements of x along `axis` in ascending order, NaN last, as NumPy; std::nullopt flattens x first. x is
/// of any dtype, the result has its shape and dtype. Equal elements keep their order (0 and -0 are equal).
/// Gradients go back to where the elements came from. Throws InvalidArgument when the axis is out of range or
/// has more than 2^31 - 1 elements. As keras.ops.sort.
Tensor sort(const Tensor& x, std::optional<int> axis = -1);

/// The places (int32) along `axis` of the elements that sort would give, in that order: stable, NaN last. Of
/// a scalar it is {0}, as in Keras. Otherwise as sort; no gradient passes. As keras.ops.argsort.
Tensor argsort(const Tensor& x, std::optional<int> axis = -1);

}  // namespace lamina
