// A box out of a picture, also beyond its border.
#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/face/alignment.h"
#include "lamina/image/detail/resample.h"

namespace lamina::face {

Picture crop(const Picture& picture, const Box& box, int side) {
  const double most = 1e6;
  constexpr double kMostPixels = 1e8;
  if (!(std::abs(box.left) < most && std::abs(box.top) < most && std::abs(box.right) < most &&
        std::abs(box.bottom) < most) ||
      side < 1 || picture.channels != 3)
    throw InvalidArgument(
        "crop: expected a picture of 3 channels, a box of numbers below a million and a side from 1 on");
  const int left = static_cast<int>(std::lround(box.left)), top = static_cast<int>(std::lround(box.top)),
            width = std::max(1, static_cast<int>(std::lround(box.right)) - left),
            height = std::max(1, static_cast<int>(std::lround(box.bottom)) - top);
  if (static_cast<double>(height) * width > kMostPixels)
    throw InvalidArgument("crop: the box has more than 100 million pixels");
  Picture part{height, width, 3,
               std::vector<uint8_t>(static_cast<size_t>(height) * static_cast<size_t>(width) * 3)};
  const int first = std::max(0, -left), end = std::min(width, picture.width - left);
  for (int row = std::max(0, -top); row < std::min(height, picture.height - top) && first < end; ++row) {
    const auto from = (static_cast<size_t>(top + row) * static_cast<size_t>(picture.width) +
                       static_cast<size_t>(left + first)) *
                      3,
               to = (static_cast<size_t>(row) * static_cast<size_t>(width) + static_cast<size_t>(first)) * 3;
    std::copy_n(&picture.pixels[from], static_cast<size_t>(end - first) * 3, &part.pixels[to]);
  }
  return lamina::detail::resample(part, {0, 0, height, width}, side, side, "bilinear");
}

}  // namespace lamina::face
