// Pictures of another size, as Pillow's Image.resize makes them.
#pragma once

#include <string>
#include <vector>

#include "lamina/image/picture.h"

namespace lamina::detail {

/// A part of a picture, in pixels.
struct Box {
  int top = 0, left = 0, height = 0, width = 0;
};

/// The interpolations that resample knows.
std::vector<std::string> resamplings();

/// `box` of the picture, which lies in it, as height x width pixels, bit for bit as Pillow. Bytes are summed
/// in fixed point, first along rows, then along columns. Pixels around the box count, too, as far as a filter
/// reaches. `interpolation` is one of resamplings().
Picture resample(const Picture& picture, const Box& box, int height, int width,
                 const std::string& interpolation);

}  // namespace lamina::detail
