// The orientation that a camera notes in its files (Exif 2.3), and pictures turned by it.
#include <algorithm>

#include "lamina/image/detail/codecs.h"

namespace lamina::detail {

int exif_orientation(std::string_view tiff) {
  const bool big = tiff.starts_with(std::string_view("MM\0*", 4));
  if (!big && !tiff.starts_with(std::string_view("II*\0", 4))) return 1;
  // 0 for what lies behind the end.
  const auto number = [&](size_t at, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size && at + size <= tiff.size(); ++i) {
      const uint64_t byte = static_cast<uint8_t>(tiff[at + i]);
      value |= byte << 8 * (big ? size - 1 - i : i);
    }
    return static_cast<size_t>(value);
  };
  constexpr size_t kOrientation = 274, kShort = 3, kEntry = 12;
  const size_t directory = number(4, 4), entries = number(directory, 2);
  for (size_t i = 0, at = directory + 2; i < entries && at + kEntry <= tiff.size(); ++i, at += kEntry) {
    if (number(at, 2) != kOrientation || number(at + 2, 2) != kShort) continue;
    const size_t value = number(at + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Picture upright(Picture picture, int orientation) {
  if (orientation == 1) return picture;
  // By orientation: rows and columns change places, after which the picture is mirrored along either.
  const bool transposed = orientation >= 5;
  const bool mirrored = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool upside_down = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  if (!picture.alpha.empty() && orientation != 1) {
    Picture alpha{picture.height, picture.width, 1, std::move(picture.alpha), {}};
    picture.alpha.clear();
    alpha = upright(std::move(alpha), orientation);
    Picture turned = upright(std::move(picture), orientation);
    turned.alpha = std::move(alpha.pixels);
    return turned;
  }
  Picture result{picture.height, picture.width, picture.channels, {}, {}};
  if (transposed) std::swap(result.height, result.width);
  result.pixels.reserve(picture.pixels.size());
  result.deep.reserve(picture.deep.size());
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      int row = upside_down ? result.height - 1 - y : y, column = mirrored ? result.width - 1 - x : x;
      if (transposed) std::swap(row, column);
      const size_t from =
          static_cast<size_t>(row) * static_cast<size_t>(picture.width) + static_cast<size_t>(column);
      for (size_t c = 0, channels = static_cast<size_t>(picture.channels); c < channels; ++c)
        result.pixels.push_back(picture.pixels[from * channels + c]);
      if (!picture.deep.empty()) result.deep.push_back(picture.deep[from]);
    }
  }
  return result;
}

}  // namespace lamina::detail
