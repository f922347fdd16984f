// Kernels of float16 and bfloat16 by way of float32. Internal header.
#pragma once

#include "lamina/graph/kernel.h"

namespace lamina::detail {

/// For ops that sum products: widens the operands, runs the best kernel that the op has for float32, and rounds
/// the results once. Beside a product the conversions cost little, and sums are as exact as those of float32.
KernelCandidate through_float32();

}  // namespace lamina::detail
