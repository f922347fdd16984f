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
  bool antialias = false;
  bool operator==(const ResizeAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("height", self.height);
    visit("width", self.width);
    visit("interpolation", self.interpolation);
    visit("antialias", self.antialias);
  }
};

/// The images x (batch, height, width, channels), floating, as (batch, `height`, `width`, channels). Pixels
/// are squares and their centres are what is interpolated; pixels beyond the border do not count. As
/// tf.image.resize; lamina::image::resize takes images of any dtype and rank, and keeps their proportions.
/// @param interpolation  "nearest"; "bilinear"; "bicubic" (Keys's cubic with a = -1/2, with places rounded to
///   1/1024 of a pixel as TensorFlow does); "lanczos3" and "lanczos5" (C. Duchon, "Lanczos filtering in one
///   and two dimensions", 1979); "gaussian" (a deviation of half a pixel); "mitchellcubic" (D. Mitchell and
///   A. Netravali, "Reconstruction filters in computer graphics", 1988); "area" (the mean of what a pixel
///   covers).
/// @param antialias  whether shrinking smooths: the kernel is as wide as a pixel of the result. Says nothing
///   to "nearest" and "area".
/// Throws InvalidArgument for an image of no pixels, for extents below 1 and an unknown interpolation.
Tensor resize2d(const Tensor& x, int64_t height, int64_t width, const std::string& interpolation = "bilinear",
                bool antialias = false);

/// Images `height_factor` times as high and `width_factor` times as wide. As keras.layers.UpSampling2D.
Tensor upsampling2d(const Tensor& x, int64_t height_factor, int64_t width_factor,
                    const std::string& interpolation = "nearest");

}  // namespace lamina
