// to_index: floats that must be whole numbers, as integers.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

struct ToIndexAttrs {
  DType dtype = DType::kInt32;
  bool operator==(const ToIndexAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("dtype", self.dtype); }
};

/// x in the integer `dtype`, for what counts or names things: ids of words, classes. Integers are cast, which
/// costs no look at them. Of floats each element must be a whole number that fits: on the CPU a NaN, an
/// infinity, a fraction or a number that does not fit ends the computation with InvalidArgument, which names
/// value and place; other devices do what cast() does. No gradient passes. Throws InvalidArgument unless
/// `dtype` is an integer one.
Tensor to_index(const Tensor& x, DType dtype = DType::kInt32);

}  // namespace lamina
