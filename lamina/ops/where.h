// where: choice between two tensors, element by element.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// a where `condition` holds (is not zero), else b. The three shapes broadcast; a and b are brought to one
/// dtype.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
/// With plain numbers, which take a dtype as in lamina/ops/binary.h.
Tensor where(const Tensor& condition, const Tensor& a, double b);
Tensor where(const Tensor& condition, double a, const Tensor& b);

}  // namespace lamina
