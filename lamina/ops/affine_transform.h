// Images moved, turned, scaled and sheared, each by a transformation of its own.
#pragma once

#include <string>

#include "lamina/core/tensor.h"
#include "lamina/graph/constant.h"

namespace lamina {

/// How pixels follow from those around their place, and what there is beyond the border.
struct AffineTransformAttrs {
  /// "nearest" or "bilinear".
  std::string interpolation = "bilinear";
  /// What lies beyond the border of a row a b c d: "constant" (k k | a b c d | k k, with k = fill_value),
  /// "nearest" (a a | a b c d | d d), "reflect" (b a | a b c d | d c) or "wrap" (c d | a b c d | a b). Like
  /// TensorFlow's, "wrap" interpolates nothing between d and a, and is right up to one image beyond the
  /// border.
  std::string fill_mode = "constant";
  double fill_value = 0;  ///< where fill_mode is "constant", and for places that are not finite
  bool operator==(const AffineTransformAttrs& other) const {
    return interpolation == other.interpolation && fill_mode == other.fill_mode &&
           detail::same_number(fill_value, other.fill_value);
  }
  static void fields(auto& self, auto&& visit) {
    visit("interpolation", self.interpolation);
    visit("fill_mode", self.fill_mode);
    visit("fill_value", self.fill_value);
  }
};

/// The images (batch, height, width, channels), floating, each taken through its row of `transform`, float32
/// (batch, 8), or all through one (8) or (1, 8). A row a0 a1 a2 b0 b1 b2 c0 c1 leads from a pixel (x, y) of
/// the result to the place ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) of the image that it shows, with
/// k = c0 x + c1 y + 1. An image without a batch (height, width, channels) takes one row.
///
/// As keras.ops.image.affine_transform on TensorFlow, places being computed in float32. The gradient with
/// respect to the images is the exact one (TensorFlow's moves the gradient back by the inverse
/// transformation, which is an approximation); there is none with respect to `transform`. Throws
/// InvalidArgument for shapes and dtypes that do not fit, an unknown interpolation or fill_mode, and images
/// of more than 2^24 rows or columns.
Tensor affine_transform(const Tensor& images, const Tensor& transform,
                        const AffineTransformAttrs& options = {});

}  // namespace lamina
