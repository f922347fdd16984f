// Grad-CAM: on networks whose maps can be told by hand.
#include "lamina/explain/grad_cam.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

// One convolution of one pixel, six channels: the first is the picture, the second its opposite, the others nothing. The mean of
// the first speaks for class 1 and that of the second against it.
Sequential pointing_network() {
  Sequential model({Input({8, 8, 1}), Conv2D(6, {1, 1}, {.use_bias = false, .name = "places"}), GlobalAveragePooling2D(),
                    Dense(1, {.activation = "sigmoid", .use_bias = false})});
  model.set_weights({Tensor::from(std::vector<float>{1, -1, 0, 0, 0, 0}, Shape{1, 1, 1, 6}),
                     Tensor::from(std::vector<float>{1, 0, 0, 0, 0, 0}, Shape{6, 1})});
  return model;
}

Tensor one_bright_place(int row, int column) {
  std::vector<float> pixels(64);
  pixels[static_cast<size_t>(row * 8 + column)] = 1;
  return Tensor::from(pixels, Shape{1, 8, 8, 1});
}

TEST(GradCam, PointsAtWhatSpeaksForTheClass) {
  const Sequential model = pointing_network();
  EXPECT_EQ(grad_cam_layer(model), "places");
  const Tensor maps = grad_cam(model, one_bright_place(2, 5), {1});
  ASSERT_EQ(maps.shape(), (Shape{1, 8, 8}));
  const std::vector<float> values = maps.to_vector<float>();
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], i == 2 * 8 + 5 ? 1.0F : 0.0F, 1e-6F) << i;
  // Nothing there speaks for class 0.
  for (const float value : grad_cam(model, one_bright_place(2, 5), {0}).to_vector<float>()) EXPECT_EQ(value, 0.0F);
}

// A probability of 1 has no 1 - p to speak of; the other classes' sum still has a logarithm.
TEST(GradCam, PointsAtWhatASoftmaxIsCertainOf) {
  Sequential model({Input({2, 2, 1}), Conv2D(6, {1, 1}, {.use_bias = false, .name = "places"}), GlobalAveragePooling2D(),
                    Dense(2, {.activation = "softmax", .use_bias = false})});
  std::vector<float> dense(12);
  dense[0] = 200;  // of the first channel for class 0
  model.set_weights({Tensor::from(std::vector<float>{1, 0, 0, 0, 0, 0}, Shape{1, 1, 1, 6}), Tensor::from(dense, Shape{6, 2})});
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 0.5F, 0}, Shape{1, 2, 2, 1});  // logits 75 and 0
  ASSERT_EQ(model.predict(x).to_vector<float>()[0], 1.0F);
  EXPECT_EQ(grad_cam(model, x, {0}).to_vector<float>(), (std::vector<float>{0, 1, 0.5F, 0}));
}

// Behind the layer the ways may part, as long as all lead through it.
TEST(GradCam, FollowsAllWaysBehindTheLayer) {
  const Tensor input = Input({4, 4, 1});
  const Tensor left = Conv2D(6, {1, 1}, {.name = "left"})(input), right = Conv2D(6, {1, 1}, {.name = "right"})(input);
  const Tensor both = Conv2D(6, {1, 1}, {.name = "both"})(Add()({left, right}));
  const Tensor pooled = Concatenate()({GlobalAveragePooling2D()(both), GlobalMaxPooling2D()(both)});
  const Model model({input}, {Dense(2, {.activation = "softmax"})(pooled)}, {.seed = 1});
  const Tensor x = Tensor::from(std::vector<float>(16, 1), Shape{1, 4, 4, 1});
  EXPECT_EQ(grad_cam_layer(model), "both");
  EXPECT_EQ(grad_cam(model, x, {0}).shape(), (Shape{1, 4, 4}));
  EXPECT_NE(message_of<InvalidArgument>([&] { grad_cam(model, x, {0}, "right"); }).find("other ways"), std::string::npos);
}

TEST(GradCam, OverlaysAreRedWhereTheMapIs) {
  const Tensor maps = grad_cam(pointing_network(), one_bright_place(0, 0), {1});
  const Picture picture{.height = 8, .width = 8, .channels = 1, .pixels = std::vector<uint8_t>(64, 100)};
  const Picture over = overlay(picture, maps, 0);
  ASSERT_EQ(over.pixels.size(), 192u);
  EXPECT_EQ(over.pixels[0], 193);  // 0.4 * 100 + 0.6 * 255
  EXPECT_EQ(over.pixels[1], 40);
  EXPECT_EQ(over.pixels[3], 100);
  EXPECT_THROW(overlay(picture, maps, 1), InvalidArgument);
}

TEST(GradCam, RefusesWhatCannotBe) {
  const Sequential model = pointing_network();
  const Tensor x = one_bright_place(0, 0);
  EXPECT_NE(message_of<InvalidArgument>([&] { grad_cam(model, x, {2}); }).find("beyond the 2"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { grad_cam(model, x, {1, 1}); }).find("each of 1"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { grad_cam(model, x, {1}, "place"); }).find("places"), std::string::npos);
  const Sequential flat({Input({8, 8, 1}), Flatten(), Dense(2, {.activation = "softmax"})});
  EXPECT_EQ(grad_cam_layer(flat), "");
  EXPECT_NE(message_of<InvalidArgument>([&] { grad_cam(flat, x, {1}); }).find("height and a width"), std::string::npos);
}

}  // namespace
}  // namespace lamina
