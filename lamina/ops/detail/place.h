// Places in a tensor, for messages. Internal header.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/base/shape.h"

namespace lamina::detail {

/// The `n`-th place of a tensor of `shape`, in row-major order: "(0, 3)".
inline std::string place_of(int64_t n, const Shape& shape) {
  Shape place = shape;
  for (int axis = shape.rank() - 1; axis >= 0; n /= shape[axis], --axis) place.set(axis, n % shape[axis]);
  return place.str();
}

}  // namespace lamina::detail
