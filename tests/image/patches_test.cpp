// Sides of images and patches: what does not fit. Their values stand in formats/operations_images.npz.
#include "lamina/image/patches.h"

#include <gtest/gtest.h>

#include <functional>

#include "lamina/base/error.h"
#include "lamina/core/check_gradients.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

using image::crop_images;
using image::extract_patches;
using image::pad_images;

void expect_refused(const char* words, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << words << ": nothing was thrown";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Patches, OneImageHasNoBatchAxis) {
  const Tensor image = reshape(arange(12), {3, 4, 1});
  EXPECT_EQ(crop_images(image, {.top = 1, .left = 1, .bottom = 1, .right = 1}).to_vector<int32_t>(),
            (std::vector<int32_t>{5, 6}));
  EXPECT_EQ(pad_images(image, {.top = 0, .left = 2, .target_height = 3, .target_width = 7}).shape(),
            Shape({3, 7, 1}));
  EXPECT_EQ(extract_patches(image, {3, 2}).shape(), Shape({1, 2, 6}));
  EXPECT_EQ(extract_patches(image, {3, 2}).to_vector<int32_t>(),
            (std::vector<int32_t>{0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11}));
}

TEST(Patches, RefuseWhatDoesNotFit) {
  const Tensor images = ones({1, 4, 5, 3});
  expect_refused("images must be", [&] {
    crop_images(ones({4, 5}), {.top = 1, .left = 1, .bottom = 1, .right = 1});
  });
  expect_refused("exactly two of top, bottom and target_height", [&] { crop_images(images, {.top = 1}); });
  expect_refused("exactly two of left, right and target_width", [&] {
    pad_images(images, {.top = 1, .left = 1, .bottom = 1, .right = 1, .target_width = 7});
  });
  expect_refused("do not fit to 4 pixels",
                 [&] { crop_images(images, {.top = 3, .left = 0, .bottom = 2, .right = 0}); });
  expect_refused("between 0 and 2^24",
                 [&] { pad_images(images, {.top = -1, .left = 0, .bottom = 2, .right = 0}); });
  expect_refused("do not fit to 5 pixels",
                 [&] { pad_images(images, {.top = 0, .left = 3, .bottom = 0, .target_width = 6}); });
  expect_refused("between 1 and 65536", [&] { extract_patches(images, {0, 2}); });
  expect_refused("at most 65536 pixels", [&] { extract_patches(images, {1000, 1000}, {.padding = "same"}); });
  expect_refused("padding must be", [&] { extract_patches(images, {2, 2}, {.padding = "full"}); });
  expect_refused("one alone", [&] { extract_patches(images, {2, 2}, {.dilation_rate = 2}); });
  expect_refused("do not fit into", [&] { extract_patches(images, {5, 2}); });
}

TEST(Patches, GradientsAreThoseOfDifferences) {
  const Tensor images = reshape(arange(40, DType::kFloat64), {2, 4, 5, 1});
  check_gradients(
      [](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{
            extract_patches(in[0], {3, 3}, {.strides = std::array<int64_t, 2>{2, 2}, .padding = "same"}),
            crop_images(in[0], {.top = 1, .left = 1, .bottom = 1, .right = 1}),
            pad_images(in[0], {.top = 1, .left = 0, .bottom = 0, .right = 2})};
      },
      {images});
}

}  // namespace
}  // namespace lamina
