// Images of another size: keras.ops.image.resize.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina::image {

/// Arguments of resize, with Keras's defaults.
struct ResizeOptions {
  /// "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic" or "area";
  /// lamina::resize2d says what they are.
  std::string interpolation = "bilinear";
  /// Whether shrinking smooths; says nothing to "nearest" and "area".
  bool antialias = false;
  /// Cuts the largest window of the proportions of `size` out of the middle first.
  bool crop_to_aspect_ratio = false;
  /// Sets the image into the middle of the smallest window of the proportions of `size` first.
  bool pad_to_aspect_ratio = false;
  double fill_value = 0;                      ///< what pad_to_aspect_ratio fills up with
  std::string data_format = "channels_last";  ///< or "channels_first": where the axis of channels is
};

/// `images`, (height, width, channels) or (batch, height, width, channels) of any dtype, in the height and
/// width of `size`, as keras.ops.image.resize on TensorFlow: of the same dtype, integers rounded and cut at
/// the ends of their range. Throws InvalidArgument for another rank, for sizes below 1 or above 2^24, images
/// of no pixels, an unknown interpolation or data_format, and for both of crop and pad.
Tensor resize(const Tensor& images, std::array<int64_t, 2> size, const ResizeOptions& options = {});

}  // namespace lamina::image
