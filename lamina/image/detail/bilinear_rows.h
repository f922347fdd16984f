// The inner loops of bilinear resizing, from bytes to floats. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::detail {

/// The columns of the result: pixel x is made of the pixels that begin at byte left[x] and right[x] of a row.
struct BilinearColumns {
  const int32_t *left, *right;
  const float* across;  ///< the distance from the left pixel, 0 to 1
  size_t count;
};

/// A row of pixels of three colours as one of columns.count pixels: l + (r - l) * across, each step rounded
/// to float32, as TensorFlow's. Writes 3 * columns.count numbers. One byte behind the last pixel of `from` is
/// read, too.
void widen_row(const uint8_t* from, const BilinearColumns& columns, float* to);

/// t + (b - t) * down of `size` numbers of two rows, rounded in the same way.
void blend_two_rows(const float* top, const float* bottom, float down, size_t size, float* to);

}  // namespace lamina::detail
