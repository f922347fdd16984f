// Windows and their proportions.
#include "lamina/nn/layers/image_windows.h"

#include <algorithm>

#include "lamina/ops/resize.h"
#include "lamina/ops/slice.h"

namespace lamina::detail {

Tensor window(const Tensor& images, int64_t top, int64_t left, Size2 size) {
  const Shape& s = images.shape();
  return slice(images, {0, top, left},
               {s[0], std::min(s[1], top + size.height), std::min(s[2], left + size.width)});
}

Tensor smart_resize(const Tensor& images, Size2 size) {
  const int64_t height = images.shape()[1], width = images.shape()[2];
  const auto part = [](int64_t whole, int64_t other, int64_t numerator, int64_t denominator) {
    const double wanted = static_cast<double>(other * numerator) / static_cast<double>(denominator);
    return std::max<int64_t>(std::min(whole, static_cast<int64_t>(wanted)), 1);
  };
  const int64_t rows = part(height, width, size.height, size.width);
  const int64_t columns = part(width, height, size.width, size.height);
  const Tensor middle = window(images, (height - rows) / 2, (width - columns) / 2, {rows, columns});
  return resize2d(middle, size.height, size.width);
}

Shape resized_shape(const Shape& images, Size2 size) {
  return {images[0], size.height, size.width, images[3]};
}

std::string size_error(Size2 size) {
  for (const auto& [name, extent] : {std::pair("height", size.height), {"width", size.width}}) {
    if (extent < 1 || extent > 1 << 24) {
      return std::string(name) + " must be from 1 to 16777216, received " + std::to_string(extent);
    }
  }
  return "";
}

}  // namespace lamina::detail
