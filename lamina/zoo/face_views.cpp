// Moved and mirrored pictures of a face.
#include "lamina/zoo/detail/face_views.h"

#include <algorithm>
#include <array>

namespace lamina::detail {

void append_face_views(const uint8_t* pixels, int64_t height, int64_t width, std::vector<uint8_t>& to) {
  const int64_t step = (height + 10) / 20;
  const std::array<std::array<int64_t, 2>, 5> moves{{{0, 0}, {step, 0}, {-step, 0}, {0, step}, {0, -step}}};
  for (const bool mirrored : {false, true}) {
    for (const auto& move : moves) {
      for (int64_t y = 0; y < height; ++y) {
        const uint8_t* const row = pixels + std::clamp<int64_t>(y + move[1], 0, height - 1) * width;
        for (int64_t x = 0; x < width; ++x)
          to.push_back(row[std::clamp<int64_t>((mirrored ? width - 1 - x : x) + move[0], 0, width - 1)]);
      }
    }
  }
}

std::vector<std::vector<float>> sums_of_views(const std::vector<float>& rows, size_t pictures) {
  const size_t width = pictures == 0 ? 0 : rows.size() / (pictures * kFaceViews);
  std::vector<std::vector<float>> sums(pictures, std::vector<float>(width));
  for (size_t i = 0; i < pictures; ++i) {
    for (size_t view = 0; view < kFaceViews; ++view) {
      const float* const row = &rows[(i * kFaceViews + view) * width];
      for (size_t k = 0; k < width; ++k) sums[i][k] += row[k];
    }
  }
  return sums;
}

}  // namespace lamina::detail
