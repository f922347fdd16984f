// Images of another size.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina {

/// Height and width of the result, and how its pixels follow from those around their place.
struct ResizeAttrs {
  int64_t height = 0, width = 0;
  std::string interpolation = "bilinear";
  bool operator==(const ResizeAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("height", self.height);
    visit("width", self.width);
    visit("interpolation", self.interpolation);
  }
};

/// The images x (batch, height, width, channels), floating, as (batch, `height`, `width`, channels).
/// `interpolation` is "nearest", "bilinear" or "bicubic" (Keys's cubic with a = -1/2). Pixels are squares and
/// their centres are what is interpolated; pixels beyond the border do not count. Shrinking does not smooth.
/// Throws InvalidArgument for an image of no pixels, for extents below 1 and an unknown interpolation. As
/// keras.ops.image.resize.
Tensor resize2d(const Tensor& x, int64_t height, int64_t width,
                const std::string& interpolation = "bilinear");

/// Images `height_factor` times as high and `width_factor` times as wide. As keras.layers.UpSampling2D.
Tensor upsampling2d(const Tensor& x, int64_t height_factor, int64_t width_factor,
                    const std::string& interpolation = "nearest");

}  // namespace lamina
