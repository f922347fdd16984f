// The length of all gradients together. Internal header.
#pragma once

#include <span>

#include "lamina/core/tensor.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina::detail {

/// The root of the sum of all squares, a scalar of the gradients' dtype: one at least.
inline Tensor global_norm(std::span<const Tensor> gradients) {
  Tensor squares = sum(square(gradients[0]));
  for (size_t i = 1; i < gradients.size(); ++i) squares = squares + sum(square(gradients[i]));
  return sqrt(squares);
}

}  // namespace lamina::detail
