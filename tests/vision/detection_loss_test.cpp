// The loss of detectors: what is assigned, gradients, targets that are none; and that a small network learns
// by it.
#include "lamina/vision/detection_loss.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/vision/detection_network.h"
#include "tests/support/temporary_folder.h"

namespace lamina::vision {
namespace {

using test::message_of;

const DetectionLossOptions kSmall{.classes = 2, .height = 32, .width = 32, .strides = {8, 16}, .bins = 4};
constexpr int64_t kPlaces = 16 + 4;

// Logits with which each place says the box and, with `sure`, the class.
Tensor said_of(const std::vector<float>& box, int64_t label, float sure) {
  std::vector<float> values;
  const DetectionLoss loss(kSmall);
  const auto centres = loss.centres().to_vector<float>(), strides = loss.strides().to_vector<float>();
  for (size_t place = 0; place < kPlaces; ++place) {
    for (int64_t c = 0; c < 2; ++c) values.push_back(c == label ? sure : -12.0f);
    const float x = centres[place * 2], y = centres[place * 2 + 1];
    const float away[4] = {x - box[0], y - box[1], box[2] - x, box[3] - y};
    for (const float distance : away) {
      const float bin = std::clamp(distance / strides[place], 0.0f, 2.99f);
      for (int b = 0; b < 4; ++b)
        values.push_back(std::log(std::max(1e-6f, 1 - std::abs(bin - static_cast<float>(b)))));
    }
  }
  return Tensor::from(values, {1, kPlaces, 2 + 16});
}

TEST(DetectionLoss, IsSmallWhereAllIsRight) {
  const DetectionLoss loss(kSmall);
  const Tensor truth = Tensor::from(std::vector<float>{1, 4, 4, 20, 20, -1, 0, 0, 0, 0}, {1, 2, 5});
  const auto of = [&](const Tensor& said) { return loss(truth, said).item<float>(); };
  const std::vector<float> right{4, 4, 20, 20}, moved{8, 8, 24, 24};
  DetectionLossOptions of_boxes = kSmall;
  of_boxes.class_weight = of_boxes.distance_weight = 0;
  const DetectionLoss boxes(of_boxes);
  EXPECT_LT(boxes(truth, said_of(right, 1, -3)).item<float>(), 0.05);
  EXPECT_GT(boxes(truth, said_of(moved, 1, -3)).item<float>(), 0.3);
  EXPECT_LT(of(said_of(right, 1, 0)), of(said_of(right, 0, 0)));
  EXPECT_GT(of(said_of(right, 1, -12)), 0);
}

TEST(DetectionLoss, NothingThereIsNoError) {
  const DetectionLoss loss(kSmall);
  const Tensor nothing = Tensor::from(std::vector<float>{-1, 0, 0, 0, 0}, {1, 1, 5});
  const float quiet = loss(nothing, said_of({4, 4, 20, 20}, 1, -12)).item<float>();
  EXPECT_TRUE(std::isfinite(quiet));
  EXPECT_LT(quiet, 1e-3);
  EXPECT_GT(loss(nothing, said_of({4, 4, 20, 20}, 1, 2)).item<float>(), 1);
}

// A thing smaller than the step between places is found by the nearest one.
TEST(DetectionLoss, SmallThingsAreNotLost) {
  const DetectionLoss loss(kSmall);
  const Tensor tiny = Tensor::from(std::vector<float>{0, 14, 14, 18, 18}, {1, 1, 5});
  const float unsure = loss(tiny, said_of({14, 14, 18, 18}, 0, -12)).item<float>();
  EXPECT_GT(unsure, 0.5);
  EXPECT_TRUE(std::isfinite(unsure));
}

TEST(DetectionLoss, TheMeanOverSamplesIsTheBatchs) {
  const DetectionLoss loss(kSmall);
  const Tensor truth = Tensor::from(std::vector<float>{1, 4, 4, 20, 20, 0, 2, 2, 30, 30}, {2, 1, 5});
  std::mt19937 draw(5);
  std::vector<float> values(2 * kPlaces * 18);
  for (float& value : values) value = static_cast<float>(draw() % 1000) / 500 - 1;
  const Tensor said = Tensor::from(values, {2, kPlaces, 18});
  const auto each = loss.values(truth, said).to_vector<float>();
  ASSERT_EQ(each.size(), 2u);
  EXPECT_NEAR(loss(truth, said).item<float>(), (each[0] + each[1]) / 2, 1e-5);
}

TEST(DetectionLoss, RefusesWhatDoesNotFit) {
  const DetectionLoss loss(kSmall);
  const Tensor truth = Tensor::from(std::vector<float>{1, 4, 4, 20, 20}, {1, 1, 5});
  EXPECT_NE(message_of<InvalidArgument>([&] {
              loss.values(truth, Tensor::from(std::vector<float>(36), {1, 2, 18}));
            }).find("(batch, 20, 18)"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              loss.values(Tensor::from(std::vector<float>(4), {1, 4}), said_of({1, 1, 9, 9}, 0, 0));
            }).find("(batch, boxes, 5)"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] {
              DetectionLoss({.classes = 0, .height = 32, .width = 32});
            }).find("at least 1"),
            std::string::npos);
  EXPECT_NE(
      message_of<InvalidArgument>([] { DetectionLoss({.height = 40, .width = 32}); }).find("does not divide"),
      std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] {
              DetectionLoss({.height = 32, .width = 32, .gamma = -1});
            }).find("powers"),
            std::string::npos);
}

TEST(DetectionLoss, IsKnownToFiles) {
  const DetectionLoss loss(kSmall);
  const auto again = Registry<Loss>::make("DetectionLoss", loss.config());
  EXPECT_EQ(again->config(), loss.config());
}

// Bright squares on black: a network of few weights learns where they are.
TEST(DetectionLoss, ASmallNetworkLearnsByIt) {
  constexpr int64_t kSide = 32, kSamples = 16;
  std::vector<float> pixels(kSamples * kSide * kSide * 3), targets;
  std::mt19937 draw(11);
  for (int64_t i = 0; i < kSamples; ++i) {
    const int64_t left = draw() % 16, top = draw() % 16, side = 10 + draw() % 6;
    for (int64_t y = top; y < top + side; ++y) {
      for (int64_t x = left; x < left + side; ++x) {
        for (int64_t c = 0; c < 3; ++c)
          pixels[static_cast<size_t>(((i * kSide + y) * kSide + x) * 3 + c)] = 255;
      }
    }
    for (const int64_t value : {int64_t{0}, left, top, left + side, top + side})
      targets.push_back(static_cast<float>(value));
  }
  Model model = detection_network({"square"}, {.height = kSide, .width = kSide, .filters = 4, .seed = 1});
  model.compile(
      {.optimizer = Adam(5e-3), .loss = DetectionLoss({.classes = 1, .height = kSide, .width = kSide})});
  const History history =
      model.fit(Tensor::from(pixels, {kSamples, kSide, kSide, 3}), Tensor::from(targets, {kSamples, 1, 5}),
                {.epochs = 30, .batch_size = 8, .verbose = 0, .seed = 1});
  EXPECT_LT(history["loss"].back(), 0.6 * history["loss"].front());
}

}  // namespace
}  // namespace lamina::vision
