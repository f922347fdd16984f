// Pooling to a number of results in place of a window.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// The axes between the first and the last of x, (batch, ..., channels), in windows that share them out as
/// evenly as they can, and may overlap: window i of n goes from i e / n, rounded down, to (i + 1) e / n,
/// rounded up, of the extent e. The mean, or the largest element, of each.
/// @param output_size  results along each of these axes, or along all of them if it is one number. Throws
///   InvalidArgument for another number of them, for numbers below 1, and for axes of nothing.
/// As keras.ops.adaptive_average_pool and adaptive_max_pool, and PyTorch's.
Tensor adaptive_average_pool(const Tensor& x, const std::vector<int64_t>& output_size);
Tensor adaptive_max_pool(const Tensor& x, const std::vector<int64_t>& output_size);

}  // namespace lamina
