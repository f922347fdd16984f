// Windows with the proportions of another size.
#pragma once

#include <array>
#include <cstdint>

namespace lamina::detail {

/// Rows from `top` and columns from `left` on.
struct Window {
  int64_t top = 0, left = 0, height = 0, width = 0;
};

/// The largest window inside an image, in the middle, with the proportions of `size` (height, width).
Window cropped_window(int64_t height, int64_t width, std::array<int64_t, 2> size);
/// The window around an image, which has `top` rows above and below it and `left` columns on either side.
Window padded_window(int64_t height, int64_t width, std::array<int64_t, 2> size);

}  // namespace lamina::detail
