// Images cut, set into larger ones, and taken apart: as keras.ops.image.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina::image {

// Images are (height, width, channels) or (batch, height, width, channels), of any dtype; the functions throw
// InvalidArgument for another rank.

/// Rows and columns at the four sides. Of above, below and the height that comes out, two say the third; so
/// do left, right and the width.
struct Sides {
  std::optional<int64_t> top = {}, left = {}, bottom = {}, right = {};
  std::optional<int64_t> target_height = {}, target_width = {};
};

/// The images without these sides. Throws InvalidArgument where less than two are given for an axis, where
/// they do not fit, and for negative ones. As keras.ops.image.crop_images.
Tensor crop_images(const Tensor& images, const Sides& sides);
/// The images with zeros at these sides; otherwise as crop_images. As keras.ops.image.pad_images.
Tensor pad_images(const Tensor& images, const Sides& sides);

/// Arguments of extract_patches.
struct PatchOptions {
  std::optional<std::array<int64_t, 2>> strides = {};  ///< from one patch to the next; the size unless given
  int64_t dilation_rate = 1;                           ///< from one pixel of a patch to the next
  std::string padding = "valid";  ///< "same": as many patches as strides fit, with zeros beyond the border
};
/// The patches of `size` (height, width), each as a row of its pixels' channels: (batch, rows, columns,
/// height · width · channels). Throws InvalidArgument for sizes, strides and rates below 1, more than 65536
/// pixels, strides with a rate above 1, another padding, and images smaller than a patch without padding. As
/// keras.ops.image.extract_patches.
Tensor extract_patches(const Tensor& images, std::array<int64_t, 2> size, const PatchOptions& options = {});

}  // namespace lamina::image
