// not_negative: exponents of integers, which must not be below 0. Internal header.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Integers as they are. On the CPU an element below 0 ends the computation with InvalidArgument, which names
/// value and place; unsigned ones cost no look at them.
Tensor not_negative(const Tensor& x);

}  // namespace lamina::detail
