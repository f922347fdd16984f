// Red, green and blue to hue, saturation and value, and back: (..., 3) floats, unchecked. Internal header.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Hue and saturation in [0, 1]; value is the largest of the three (A. R. Smith, 1978).
Tensor rgb_to_hsv(const Tensor& images);
Tensor hsv_to_rgb(const Tensor& images);

}  // namespace lamina::detail
