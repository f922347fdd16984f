// Galleries: every number lands in its pixel.
#include "lamina/explain/gallery.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(Gallery, SetsPicturesInRows) {
  const Picture black{1, 1, 1, {0}}, white{1, 1, 1, {255}}, red{1, 1, 3, {255, 0, 0}};
  const Picture row = picture_grid({black, white}, {.columns = 2, .gap = 1});
  EXPECT_EQ(row.height, 3);
  EXPECT_EQ(row.width, 5);
  EXPECT_EQ(row.pixels, (Bytes{128, 128, 128, 128, 128, 128, 0, 128, 255, 128, 128, 128, 128, 128, 128}));
  // Three in a square, twice as large, one in colours.
  const Picture square = picture_grid({black, white, red}, {.scale = 2, .gap = 0});
  EXPECT_EQ(square.height, 4);
  EXPECT_EQ(square.width, 4);
  EXPECT_EQ(square.channels, 3);
  EXPECT_EQ(Bytes(square.pixels.begin() + 3 * 4 * 2, square.pixels.begin() + 3 * 4 * 2 + 9),
            (Bytes{255, 0, 0, 255, 0, 0, 128, 128, 128}));
}

TEST(Gallery, ShowsFiltersAroundZero) {
  // Two filters of 1 x 2, one channel: (-1, 1) and (0, 0.5).
  const Tensor kernel = Tensor::from(std::vector<float>{-1, 0, 1, 0.5f}, {1, 2, 1, 2});
  const Picture grid = filter_grid(kernel, {.columns = 1, .gap = 0});
  EXPECT_EQ(grid.pixels, (Bytes{0, 255, 128, 255}));
  EXPECT_EQ(filter_grid(Tensor::from(std::vector<float>(3, 0.0f), {1, 1, 3, 1}), {.gap = 0}).pixels,
            (Bytes{128, 128, 128}));
  EXPECT_EQ(filter_grid(Tensor::from(std::vector<float>{1, -3}, {1, 1, 2, 1}), {.gap = 0}).pixels,
            (Bytes{0}));
}

TEST(Gallery, StretchesEachFeatureMap) {
  const Tensor maps = Tensor::from(std::vector<float>{0, 7, 2, 7, 4, 7, 1, 7}, {2, 2, 2});
  EXPECT_EQ(feature_grid(maps, {.columns = 2, .gap = 0}).pixels, (Bytes{0, 128, 0, 0, 255, 64, 0, 0}));
}

TEST(Gallery, PaintsSigns) {
  const Tensor table = Tensor::from(std::vector<float>{1, 0, -0.5f, NAN}, {2, 2});
  EXPECT_EQ(signed_picture(table).pixels, (Bytes{255, 0, 0, 255, 255, 255, 128, 128, 255, 128, 128, 128}));
  EXPECT_EQ(signed_picture(table, 2).pixels[1], 128);
  EXPECT_EQ(signed_picture(Tensor::from(std::vector<float>{0}, {1, 1})).pixels, (Bytes{255, 255, 255}));
}

TEST(Gallery, RefusesWhatItCannotShow) {
  const auto says = [](auto f, const char* what) {
    const std::string message = test::message_of<InvalidArgument>(f);
    EXPECT_NE(message.find(what), std::string::npos) << message;
  };
  says([] { picture_grid({}); }, "no pictures");
  says([] { picture_grid({{1, 1, 1, {0}}}, {.scale = 65}); }, "scale must be from 1 to 64, not 65");
  says([] { picture_grid(std::vector<Picture>(40000, {64, 1, 1, Bytes(64)}), {.scale = 64}); }, "too many");
  says(
      [] {
        filter_grid(Tensor::from(std::vector<float>(4), {2, 2}));
      },
      "(height, width, channels, filters)");
  says([] { feature_grid(Tensor::from(std::vector<float>(), {0, 2, 2})); }, "feature maps");
  says([] { signed_picture(Tensor::from(std::vector<float>(4), {4})); }, "a table");
}

}  // namespace
}  // namespace lamina
