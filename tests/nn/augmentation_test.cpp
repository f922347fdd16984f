// Layers that change images at random: what they draw, that only training does, seeds, and what they refuse.
// What they compute from known numbers is compared with Keras in layers_golden_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

constexpr int64_t kSide = 17, kMiddle = 8, kImages = 300;

/// Images whose channels are the number of the column and that of the row.
Tensor ramps(int64_t count = kImages, int64_t side = kSide) {
  std::vector<float> pixels;
  for (int64_t i = 0; i < count * side * side; ++i) {
    pixels.push_back(static_cast<float>(i % side));
    pixels.push_back(static_cast<float>(i / side % side));
  }
  return Tensor::from(pixels, {count, side, side, 2});
}

Tensor trained(const Layer& layer, const Tensor& x, int64_t step = 0) {
  CallContext context(true);
  context.set_key(random_key(1, step));
  return layer(x, context);
}

/// The transformation of one image of ramps around its middle: place = (a0 x + a1 y + a2, b0 x + b1 y + b2).
struct Seen {
  double a0, a1, a2, b0, b1, b2;
};

std::vector<Seen> seen(const Layer& layer) {
  const std::vector<float> y = trained(layer, ramps()).to_vector<float>();
  std::vector<Seen> all;
  for (int64_t image = 0; image < kImages; ++image) {
    const auto at = [&](int64_t row, int64_t column, int64_t channel) {
      return static_cast<double>(
          y[static_cast<size_t>(((image * kSide + row) * kSide + column) * 2 + channel)]);
    };
    const auto along = [&](int64_t channel) {
      const double here = at(kMiddle, kMiddle, channel);
      const double across = at(kMiddle, kMiddle + 1, channel) - here;
      const double down = at(kMiddle + 1, kMiddle, channel) - here;
      return std::array{across, down, here - kMiddle * (across + down)};
    };
    const auto a = along(0), b = along(1);
    all.push_back({a[0], a[1], a[2], b[0], b[1], b[2]});
  }
  return all;
}

/// Numbers fill [lower, upper], about evenly.
void expect_uniform(const std::vector<double>& numbers, double lower, double upper, const char* what) {
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  const double width = upper - lower, slack = 1e-4;
  EXPECT_GE(*least, lower - slack) << what;
  EXPECT_LE(*most, upper + slack) << what;
  EXPECT_LT(*least, lower + 0.05 * width) << what;
  EXPECT_GT(*most, upper - 0.05 * width) << what;
  double mean = 0;
  for (const double number : numbers) mean += number / static_cast<double>(numbers.size());
  EXPECT_NEAR(mean, (lower + upper) / 2, 0.1 * width) << what;
}

std::vector<double> each(const std::vector<Seen>& all, const std::function<double(const Seen&)>& f) {
  std::vector<double> numbers;
  for (const Seen& one : all) numbers.push_back(f(one));
  return numbers;
}

TEST(Augmentation, TranslationDrawsFromItsRanges) {
  const std::vector<Seen> all = seen(RandomTranslation({-0.1, 0.2}, 0.25));
  expect_uniform(each(all, [](const Seen& s) { return -s.b2 / kSide; }), -0.1, 0.2, "height");
  expect_uniform(each(all, [](const Seen& s) { return -s.a2 / kSide; }), -0.25, 0.25, "width");
  for (const Seen& s : all) {
    EXPECT_NEAR(s.a0, 1, 1e-4);
    EXPECT_NEAR(s.b1, 1, 1e-4);
    EXPECT_NEAR(s.a1, 0, 1e-4);
    EXPECT_NEAR(s.b0, 0, 1e-4);
  }
}

TEST(Augmentation, RotationDrawsFromItsRangeAndTurnsAroundTheCentre) {
  const std::vector<Seen> all = seen(RandomRotation({-0.1, 0.2}));
  const double turn = 2 * std::numbers::pi;
  expect_uniform(each(all, [&](const Seen& s) { return std::atan2(s.b0, s.a0) / turn; }), -0.1, 0.2, "angle");
  for (const Seen& s : all) {
    EXPECT_NEAR(s.a0 * s.a0 + s.b0 * s.b0, 1, 1e-4);
    EXPECT_NEAR(s.a0 * kMiddle + s.a1 * kMiddle + s.a2, kMiddle, 1e-4);
    EXPECT_NEAR(s.b0 * kMiddle + s.b1 * kMiddle + s.b2, kMiddle, 1e-4);
  }
}

TEST(Augmentation, ZoomDrawsFromItsRanges) {
  const std::vector<Seen> both = seen(RandomZoom({-0.4, -0.1}, Factor(0.3)));
  expect_uniform(each(both, [](const Seen& s) { return s.b1; }), 0.6, 0.9, "height");
  expect_uniform(each(both, [](const Seen& s) { return s.a0; }), 0.7, 1.3, "width");
  for (const Seen& s : seen(RandomZoom(0.5))) EXPECT_NEAR(s.a0, s.b1, 1e-4);
}

TEST(Augmentation, FlipMirrorsHalfOfTheImages) {
  const Tensor x = ramps(kImages, 3);
  const std::vector<float> before = x.to_vector<float>();
  for (const std::string mode : {"horizontal", "vertical", "horizontal_and_vertical"}) {
    const std::vector<float> after = trained(RandomFlip(mode), x).to_vector<float>();
    int mirrored = 0;
    for (int64_t image = 0; image < kImages; ++image) {
      const auto at = [&](int64_t row, int64_t column, int64_t channel) {
        return static_cast<size_t>(((image * 3 + row) * 3 + column) * 2 + channel);
      };
      const bool moved =
          after[at(0, 0, 0)] != before[at(0, 0, 0)] || after[at(0, 0, 1)] != before[at(0, 0, 1)];
      mirrored += moved;
      for (int64_t row = 0; row < 3; ++row) {
        for (int64_t column = 0; column < 3; ++column) {
          const int64_t from_row = moved && mode != "horizontal" ? 2 - row : row;
          const int64_t from_column = moved && mode != "vertical" ? 2 - column : column;
          for (const int64_t channel : {0, 1})
            ASSERT_EQ(after[at(row, column, channel)], before[at(from_row, from_column, channel)]) << mode;
        }
      }
    }
    EXPECT_NEAR(static_cast<double>(mirrored) / kImages, 0.5, 0.1) << mode;
  }
}

TEST(Augmentation, ContrastAndBrightnessDrawFromTheirRanges) {
  // Two pixels, -1 and 1, around the mean 0.
  std::vector<float> pixels;
  for (int64_t i = 0; i < 2 * kImages; ++i) pixels.push_back(i % 2 ? 1.0f : -1.0f);
  const Tensor x = Tensor::from(pixels, {kImages, 1, 2, 1});
  const auto drawn = [&](const Layer& layer, bool contrast) {
    const std::vector<float> y = trained(layer, x).to_vector<float>();
    std::vector<double> numbers;
    for (size_t i = 0; i < y.size(); i += 2)
      numbers.push_back(contrast ? (y[i + 1] - y[i]) / 2.0 : (y[i + 1] + y[i]) / 2.0);
    return numbers;
  };
  expect_uniform(drawn(RandomContrast({0.3, 0.5}, {.value_range = {-9, 9}}), true), 0.7, 1.5, "contrast");
  expect_uniform(drawn(RandomContrast(0.5, {.value_range = {-9, 9}}), true), 1, 1.5, "contrast of a number");
  expect_uniform(drawn(RandomBrightness({-0.1, 0.2}, {.value_range = {10, -10}}), false), -2, 4,
                 "brightness");
  for (const float value : trained(RandomContrast({0, 1}, {.value_range = {-1, 1}}), x).to_vector<float>())
    EXPECT_LE(std::abs(value), 1);
  for (const float value : trained(RandomBrightness(1, {.value_range = {-1, 1}}), x).to_vector<float>())
    EXPECT_LE(std::abs(value), 1);
}

TEST(Augmentation, CropTakesOneWindowForTheBatchAndAllOfThemInTime) {
  const Tensor x = ramps(2, 5);
  for (const std::optional<int64_t> seed : {std::optional<int64_t>(), std::optional<int64_t>(7)}) {
    const RandomCrop crop(3, 4, {.seed = seed});
    std::set<std::pair<float, float>> corners;
    for (int64_t step = 0; step < 100; ++step) {
      const Tensor y = trained(crop, x, step);
      ASSERT_EQ(y.shape().str(), "(2, 3, 4, 2)");
      const std::vector<float> pixels = y.to_vector<float>();
      for (size_t image = 0; image < 2; ++image) {
        for (size_t i = 0; i < 12; ++i) {
          const size_t at = (image * 12 + i) * 2;
          ASSERT_EQ(pixels[at], pixels[0] + static_cast<float>(i % 4));
          ASSERT_EQ(pixels[at + 1], pixels[1] + static_cast<float>(i / 4));
        }
      }
      corners.insert({pixels[0], pixels[1]});
    }
    EXPECT_EQ(corners.size(), 6u);
  }
}

// The numbers of Keras 3.15 where the window does not fit: RandomCrop(7, 5) of (6, 8) while training.
TEST(Augmentation, CropOfSmallImagesTakesTheMiddle) {
  const Tensor x = random_uniform(random_key(3), {2, 6, 8, 3}).eval();
  EXPECT_EQ(trained(RandomCrop(6, 5), x).to_vector<float>(), CenterCrop(6, 5)(x).to_vector<float>());
  EXPECT_EQ(trained(RandomCrop(7, 5), x).shape().str(), "(2, 7, 5, 3)");
  const Tensor middle = Resizing(3, 3, {.crop_to_aspect_ratio = true})(x);
  EXPECT_EQ(RandomCrop(3, 3)(x).to_vector<float>(), middle.to_vector<float>());
  EXPECT_EQ(RandomCrop(9, 9)(x).to_vector<float>(), CenterCrop(9, 9)(x).to_vector<float>());
}

std::vector<std::shared_ptr<Layer>> of_training_only() {
  return {std::make_shared<RandomFlip>(),
          std::make_shared<RandomTranslation>(0.2, 0.2),
          std::make_shared<RandomRotation>(0.2),
          std::make_shared<RandomZoom>(0.2),
          std::make_shared<RandomContrast>(0.5, RandomColorOptions{.value_range = {-2, 2}}),
          std::make_shared<RandomBrightness>(0.5, RandomColorOptions{.value_range = {-2, 2}})};
}

TEST(Augmentation, OutsideOfTrainingNothingHappens) {
  const Tensor x = random_normal(random_key(5), {12, 6, 5, 2}).eval();
  for (const auto& layer : of_training_only()) {
    EXPECT_EQ((*layer)(x).to_vector<float>(), x.to_vector<float>()) << layer->class_name();
    EXPECT_NE(trained(*layer, x).to_vector<float>(), x.to_vector<float>()) << layer->class_name();
  }
}

TEST(Augmentation, NumbersFollowFromTheKeyOrTheSeed) {
  const Tensor x = random_uniform(random_key(5), {12, 6, 5, 2}).eval();
  for (const auto& layer : of_training_only()) {
    EXPECT_EQ(trained(*layer, x).to_vector<float>(), trained(*layer, x).to_vector<float>());
    EXPECT_NE(trained(*layer, x, 1).to_vector<float>(), trained(*layer, x, 2).to_vector<float>())
        << layer->class_name();
  }
  const RandomRotation first(0.5, {.seed = 1}), same(0.5, {.seed = 1}), other(0.5, {.seed = 2});
  EXPECT_EQ(trained(first, x).to_vector<float>(), trained(same, x).to_vector<float>());
  EXPECT_NE(trained(first, x).to_vector<float>(), trained(other, x).to_vector<float>());
}

TEST(Augmentation, InAModelItIsPartOfTheFile) {
  Sequential model({Input({6, 6, 2}), Resizing(5, 5), RandomFlip("horizontal"), RandomTranslation(0.2, 0.2),
                    RandomRotation(0.1), RandomZoom(0.2), RandomContrast(0.2), RandomBrightness(0.1),
                    RandomCrop(4, 4), CenterCrop(3, 3), Flatten(), Dense(1)},
                   {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = random_uniform(random_key(5), {4, 6, 6, 2}).eval();
  model.fit(x, zeros({4, 1}), {.epochs = 2, .verbose = 0});
  const std::vector<float> predicted = model.predict(x).to_vector<float>();
  EXPECT_EQ(model.predict(x).to_vector<float>(), predicted);
  const test::TemporaryFolder folder;
  model.save(folder / "augmented.keras");
  EXPECT_EQ(load_model(folder / "augmented.keras").predict(x).to_vector<float>(), predicted);
}

// Keras 3.0 writes a value_range, which later versions left out.
TEST(Augmentation, ReadsTheRotationsOfTheOldestKeras) {
  const Json json =
      Json::parse(R"({"module": "keras.layers", "class_name": "RandomRotation", "registered_name": null,
    "config": {"name": "turn", "trainable": true, "dtype": "float32", "factor": [-0.2, 0.2], "value_range": [0, 255],
    "data_format": "channels_last", "fill_mode": "reflect", "fill_value": 0.0, "interpolation": "bilinear", "seed": null}})",
                  "t");
  const auto layer = detail::layer_from_json(json);
  EXPECT_EQ(layer->class_name(), std::string("RandomRotation"));
  EXPECT_EQ(layer->serialize().at("config").find("value_range"), nullptr);
}

TEST(Augmentation, ResizingKeepsIntegers) {
  const Tensor x = Tensor::from(std::vector<uint8_t>{10, 21, 255, 0}, {1, 2, 2, 1});
  const Tensor y = Resizing(1, 2)(x);
  EXPECT_EQ(y.dtype(), DType::kUInt8);
  EXPECT_EQ(y.to_vector<uint8_t>(), (std::vector<uint8_t>{132, 10}));  // 132.5 and 10.5, to even
  EXPECT_EQ(RandomFlip()(x).dtype(), DType::kFloat32);
}

void expect_refused(const std::function<void()>& action, const std::string& words) {
  const std::string message = test::message_of<InvalidArgument>(action);
  EXPECT_NE(message.find(words), std::string::npos) << message << "\nlacks " << words;
}

TEST(Augmentation, Errors) {
  expect_refused([] { RandomFlip("both"); }, "received 'both'");
  expect_refused([] { RandomTranslation(1.5, 0); }, "height_factor must be");
  expect_refused([] { RandomTranslation(0, {-2, 0.5}); }, "received [-2.0, 0.5]");
  expect_refused([] { RandomZoom(-1); }, "in (-1, 1]");
  expect_refused([] { RandomZoom(0, Factor(2)); }, "width_factor");
  expect_refused([] { RandomRotation({1.5, 2}); }, "factor must be");
  expect_refused([] { RandomRotation(NAN); }, "factor must be");
  expect_refused([] { RandomRotation(0.1, {.fill_mode = "mirror"}); }, "received 'mirror'");
  expect_refused([] { RandomRotation(0.1, {.interpolation = "bicubic"}); }, "received 'bicubic'");
  expect_refused([] { RandomContrast(-0.5); }, "in [0, 1]");
  expect_refused([] { RandomBrightness(-1.5); }, "in [-1, 1]");
  expect_refused([] { RandomCrop(0, 4); }, "height must be from 1");
  expect_refused([] { CenterCrop(4, -1); }, "width must be from 1");
  expect_refused([] { Resizing(4, 1 << 25); }, "received 33554432");
  expect_refused([] { Resizing(4, 4, {.interpolation = "area"}); }, "received 'area'");
  expect_refused([] { Resizing(4, 4, {.crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true}); },
                 "only one of");
  for (const auto& layer : of_training_only())
    expect_refused([&] { layer->build({-1, 4, 4}); }, "(batch, height, width, channels)");
}

}  // namespace
}  // namespace lamina
