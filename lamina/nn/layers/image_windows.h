// Parts of images, as the layers that crop and resize take them. Internal header.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina::detail {

/// Rows from `top` and columns from `left` on, as many as there are up to `size`.
Tensor window(const Tensor& images, int64_t top, int64_t left, Size2 size);
/// The largest part in the middle that has the proportions of `size`, brought to it by bilinear interpolation
/// (keras.utils.image_utils.smart_resize). Counts on the extents being known.
Tensor smart_resize(const Tensor& images, Size2 size);

/// (batch, size.height, size.width, channels) for images of any size.
Shape resized_shape(const Shape& images, Size2 size);
/// The text that is wrong with a size, or nothing: from 1 to 2^24.
std::string size_error(Size2 size);

}  // namespace lamina::detail
