// Zeros around images, as the windows of a convolution reach over them. Internal header.
#pragma once

#include <cstdint>

#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// Pixels of zeros on each side.
struct ImageBorder {
  int64_t top = 0, bottom = 0, left = 0, right = 0;
  bool empty() const { return top == 0 && bottom == 0 && left == 0 && right == 0; }
};

/// What the windows reach beyond the images.
ImageBorder border_of(const ConvShape& conv);

/// The images of `conv` in the middle of zeros, to `copy`, on all threads when there is enough to do.
void copy_with_border(const ConvShape& conv, const float* images, float* copy);

}  // namespace lamina::detail
