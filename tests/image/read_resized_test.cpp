// Pictures resized on the way into a batch: to the last bit the numbers of the plain loops.
#include <gtest/gtest.h>

#include <random>

#include "lamina/image/detail/read_resized.h"
#include "lamina/image/picture.h"
#include "lamina/ops/detail/resize.h"

namespace lamina {
namespace {

Picture noise(int height, int width) {
  Picture picture{height, width, 3, {}, {}};
  std::mt19937 random(static_cast<uint32_t>(height * 1000 + width));
  for (int i = 0; i < 3 * height * width; ++i) picture.pixels.push_back(static_cast<uint8_t>(random() % 256));
  return picture;
}

// Rounded to float32 after each step: the volatile numbers keep the compiler from making one step of two.
float between(float a, float b, float distance) {
  const volatile float product = (b - a) * distance;
  return a + product;
}

std::vector<float> plain(const Picture& picture, int64_t height, int64_t width) {
  const ResizeAttrs attrs{height, width, "bilinear"};
  const detail::ResizedAxis rows = detail::resized_axis(picture.height, height, attrs);
  const detail::ResizedAxis columns = detail::resized_axis(picture.width, width, attrs);
  std::vector<float> result;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < 3; ++c) {
        const auto at = [&](int64_t row, int64_t column) {
          return static_cast<float>(
              picture.pixels[static_cast<size_t>((row * picture.width + column) * 3 + c)]);
        };
        const detail::ResizedAxis::Tap *down = rows.begin(y), *across = columns.begin(x);
        const auto distance = static_cast<float>(across[1].weight);
        const float top =
            between(at(down[0].from, across[0].from), at(down[0].from, across[1].from), distance);
        const float bottom =
            between(at(down[1].from, across[0].from), at(down[1].from, across[1].from), distance);
        result.push_back(between(top, bottom, static_cast<float>(down[1].weight)));
      }
    }
  }
  return result;
}

TEST(ReadResized, BlendsColoursToTheLastBit) {
  for (const auto& [height, width] : {std::pair(1, 1), {2, 3}, {37, 41}, {64, 17}, {120, 90}, {9, 400}}) {
    const Picture picture = noise(height, width);
    const std::string bytes = encode_png(picture);
    for (const auto& [to_height, to_width] :
         {std::pair<int64_t, int64_t>(1, 1), {3, 2}, {37, 41}, {50, 60}, {31, 97}}) {
      std::vector<float> actual(static_cast<size_t>(3 * to_height * to_width) + 1, -1);
      detail::read_resized(bytes, "noise", {.size = {to_height, to_width}}, actual.data());
      EXPECT_EQ(actual.back(), -1);  // nothing is written behind the last number
      actual.pop_back();
      EXPECT_EQ(actual, plain(picture, to_height, to_width))
          << height << 'x' << width << " to " << to_height << 'x' << to_width;
    }
  }
}

}  // namespace
}  // namespace lamina
