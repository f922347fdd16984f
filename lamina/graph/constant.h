// The one constant of graphs: a tensor filled with a number. Declared here, below the ops, because passes and
// the derivative make and recognise constants.
#pragma once

#include <bit>
#include <cstdint>

#include "lamina/base/dtype.h"
#include "lamina/base/shape.h"

namespace lamina {

namespace detail {

/// By the bits, so that 0 is not -0, and NaN is NaN.
inline bool same_number(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

}  // namespace detail

/// Attributes of op `full`: no inputs, one output of `dtype` and `shape` whose elements are all `value`.
struct FullAttrs {
  Shape shape;
  double value = 0;
  DType dtype = DType::kFloat32;
  bool operator==(const FullAttrs& other) const {
    return shape == other.shape && dtype == other.dtype && detail::same_number(value, other.value);
  }
  static void fields(auto& self, auto&& visit) {
    visit("shape", self.shape);
    visit("value", self.value);
    visit("dtype", self.dtype);
  }
};

}  // namespace lamina
