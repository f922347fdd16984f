// Positions as sines and cosines. Internal header.
#pragma once

#include <cstdint>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// float32 (places, width): sines of the place in the first half of a row and cosines in the second, of waves
/// from 2 pi to 20,000 pi long (Vaswani et al., 2017, arXiv 1706.03762).
Tensor sinusoids(int64_t places, int64_t width);

}  // namespace lamina::detail
