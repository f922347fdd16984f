// Images in other colours: as keras.ops.image and tf.image.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina::image {

// Images are (..., channels), of any rank from 1 on; the functions are differentiable. They throw
// InvalidArgument for another number of channels than they name, and for integers where floats are asked for.

/// Three channels to one: 0.2989 red + 0.5870 green + 0.1140 blue, of any dtype, which the result has
/// (integers are cut, not rounded); one channel stays as it is. As keras.ops.image.rgb_to_grayscale.
Tensor rgb_to_grayscale(const Tensor& images);
/// One channel three times, of any dtype. As tf.image.grayscale_to_rgb.
Tensor grayscale_to_rgb(const Tensor& images);

/// Hue, saturation and value, all in [0, 1], of floats in [0, 1]: A. Smith, "Color gamut transform pairs",
/// 1978. As keras.ops.image.rgb_to_hsv.
Tensor rgb_to_hsv(const Tensor& images);
/// The inverse. As keras.ops.image.hsv_to_rgb.
Tensor hsv_to_rgb(const Tensor& images);

/// Luma in [0, 1] and two colour differences around 0 (PAL), of floats in [0, 1]. As tf.image.rgb_to_yuv.
Tensor rgb_to_yuv(const Tensor& images);
/// The inverse. As tf.image.yuv_to_rgb.
Tensor yuv_to_rgb(const Tensor& images);

/// Luma and two colour differences around 128, as JPEG files have them (JFIF 1.02, from ITU-R BT.601), of
/// floats from 0 to 255; neither rounded nor cut.
Tensor rgb_to_ycbcr(const Tensor& images);
/// The inverse.
Tensor ycbcr_to_rgb(const Tensor& images);

}  // namespace lamina::image
