// Layers that draw while training: noise and dropout of channels. What Keras draws is other numbers; what
// must hold are their statistics, that the same key gives the same, and what is drawn together.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/registry.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

struct Statistics {
  double mean, deviation;
};

Statistics statistics_of(const Tensor& x) {
  const double mean = lamina::mean(x).item<double>();
  return {mean, std::sqrt(lamina::mean(square(x - mean)).item<double>())};
}

Tensor trained(const Layer& layer, const Tensor& x) { return layer(x, true).eval(); }

TEST(NoiseLayers, HaveTheStatisticsThatTheySay) {
  const Tensor x = full({200, 500}, 2.0);
  const Statistics added = statistics_of(trained(GaussianNoise(0.5), x));
  EXPECT_NEAR(added.mean, 2, 0.01);
  EXPECT_NEAR(added.deviation, 0.5, 0.01);
  const Statistics factor = statistics_of(trained(GaussianDropout(0.2), x));
  EXPECT_NEAR(factor.mean, 2, 0.02);
  EXPECT_NEAR(factor.deviation, 2 * std::sqrt(0.2 / 0.8), 0.02);
  // Of values with mean 0 and variance 1 AlphaDropout keeps both.
  const Tensor unit = trained(GaussianNoise(1, {.seed = 1}), zeros({400, 500}));
  const Statistics alpha = statistics_of(trained(AlphaDropout(0.3, {.seed = 2}), unit));
  EXPECT_NEAR(alpha.mean, 0, 0.02);
  EXPECT_NEAR(alpha.deviation, 1, 0.02);
}

TEST(NoiseLayers, AreTheIdentityOutsideOfTraining) {
  const Tensor x = full({2, 3, 4, 5}, 1.5);
  const auto check = [&](const Layer& layer) {
    EXPECT_EQ(layer(x).to_vector<float>(), x.to_vector<float>()) << layer.class_name();
  };
  check(GaussianNoise(1));
  check(GaussianDropout(0.5));
  check(AlphaDropout(0.5));
  check(SpatialDropout2D(0.5));
}

// Networks with stochastic depth (EfficientNet) drop whole samples.
TEST(NoiseLayers, DropoutTakesTogetherWhatItsNoiseShapeSays) {
  const auto check = [](const Layer& layer) {
    const std::vector<float> values = trained(layer, ones({64, 3, 5})).to_vector<float>();
    std::set<float> seen;
    for (size_t sample = 0; sample < 64; ++sample) {
      for (size_t i = 0; i < 15; ++i) EXPECT_EQ(values[sample * 15 + i], values[sample * 15]);
      seen.insert(values[sample * 15]);
    }
    EXPECT_EQ(seen.size(), 2u);
    const auto again = Registry<Layer>::from_json(layer.serialize());
    EXPECT_EQ(again->serialize().dump(), layer.serialize().dump());
    EXPECT_NE(layer.serialize().dump().find("\"noise_shape\": [null, 1, 1]"), std::string::npos)
        << layer.serialize().dump();
  };
  check(Dropout(0.4, {.seed = 3, .noise_shape = {-1, 1, 1}}));
  check(AlphaDropout(0.4, {.seed = 3, .noise_shape = {-1, 1, 1}}));
  EXPECT_THROW(trained(Dropout(0.4, {.noise_shape = {-1, 2, 1}}), ones({4, 3, 5})), InvalidArgument);
  EXPECT_THROW(trained(Dropout(0.4, {.noise_shape = {-1, 1}}), ones({4, 3, 5})), InvalidArgument);
}

TEST(NoiseLayers, SpatialDropoutTakesWholeChannels) {
  const auto check = [](const Layer& layer, const Shape& shape) {
    const Tensor y = trained(layer, ones(shape));
    const int64_t samples = shape[0], channels = shape[-1], places = shape.size() / samples / channels;
    const std::vector<float> values = y.to_vector<float>();
    std::set<float> seen;
    for (int64_t s = 0; s < samples; ++s) {
      for (int64_t c = 0; c < channels; ++c) {
        const float first = values[static_cast<size_t>(s * places * channels + c)];
        seen.insert(first);
        for (int64_t p = 0; p < places; ++p)
          EXPECT_EQ(values[static_cast<size_t>((s * places + p) * channels + c)], first);
      }
    }
    EXPECT_EQ(seen, (std::set<float>{0, 2}));
  };
  check(SpatialDropout1D(0.5), {8, 5, 16});
  check(SpatialDropout2D(0.5), {8, 3, 4, 16});
  check(SpatialDropout3D(0.5), {8, 2, 3, 4, 16});
}

TEST(NoiseLayers, ASeedGivesTheSameNumbers) {
  const Tensor x = ones({3, 4});
  EXPECT_EQ(trained(GaussianNoise(1, {.seed = 7}), x).to_vector<float>(),
            trained(GaussianNoise(1, {.seed = 7}), x).to_vector<float>());
}

TEST(NoiseLayers, AddPenaltiesToTheLoss) {
  Sequential model({Input({4}), ActivityRegularization({.l1 = 0.5, .l2 = 0.25})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = full({2, 4}, 2.0);
  // Of each sample 4 * (0.5 * 2 + 0.25 * 4).
  EXPECT_NEAR(model.evaluate(x, x, {.verbose = 0}).items().at(0).second, 8, 1e-5);
}

std::string complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "none";
}

TEST(NoiseLayers, RefuseWhatCannotBe) {
  const auto says = [](const std::function<void()>& action, const std::string& part) {
    const std::string message = complaint(action);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  says([] { GaussianNoise(-1); }, "stddev must not be negative");
  says([] { GaussianDropout(1); }, "rate must be from 0 to below 1");
  says([] { AlphaDropout(-0.1); }, "rate must be from 0 to below 1");
  says([] { SpatialDropout1D(1.5); }, "rate must be between 0 and 1");
  says([] { SpatialDropout2D(0.5).build(Shape{-1, 3, 4}); }, "(batch, height, width, channels)");
  says([] { ActivityRegularization({.l1 = -1}); }, "l1 and l2 must not be negative");
}

TEST(VolumeLayers, RefuseWhatCannotBe) {
  const auto says = [](const std::function<void()>& action, const std::string& part) {
    const std::string message = complaint(action);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  const Shape volume{-1, 4, 4, 4, 2};
  says([] { Conv3D(0, 3); }, "filters must be positive");
  says([] { Conv3D(2, 0); }, "kernel_size must be from 1");
  says([] { Conv3D(3, 2, {.groups = 2}); }, "groups must be positive and divide filters");
  says([] { Conv3D(3, 2, {.strides = 2, .dilation_rate = 2}); }, "cannot be combined");
  says([] { Conv3D(3, 2, {.padding = "causal"}); }, "padding must be");
  says([&] { Conv3D(3, 5).build(volume); }, "does not fit into input");
  says([&] { Conv3D(2, 2, {.groups = 2}).build(Shape{-1, 4, 4, 4, 3}); }, "must divide the channels");
  says([&] { Conv3D(3, 2).build(Shape{-1, 4, 4, 2}); }, "(batch, depth, height, width, channels)");
  says([] { Conv3DTranspose(3, 2, {.output_padding = 1}); }, "must be below strides");
  says([] { Conv1DTranspose(3, 2, {.strides = 2, .output_padding = 2}); }, "must be below strides");
  says([&] { MaxPooling3D(5).build(volume); }, "does not fit into input");
  says([] { AveragePooling3D(0); }, "pool_size must be from 1");
  says([&] { Cropping3D(2).build(volume); }, "leaves nothing of input");
  says([] { ZeroPadding3D(-1); }, "padding must be from 0");
  says([] { UpSampling3D(0); }, "size must be from 1");
  says([] { Cropping1D(4).build(Shape{-1, 8, 2}); }, "leaves nothing of input");
  says([] { ZeroPadding1D(-1); }, "padding must be from 0");
  says([] { UpSampling1D(0); }, "size must be from 1");
  says([] { DepthwiseConv1D(3).build(Shape{-1, 2, 3}); }, "does not fit into input");
  says([] { SeparableConv1D(2, 3, {.padding = "full"}); }, "padding must be");
  says([] { GroupNormalization({.groups = 0}); }, "groups must be positive");
  says([] { GroupNormalization({.groups = 3}).build(Shape{-1, 4}); }, "must divide the channels");
  says([] { UnitNormalization({.axis = 3}).build(Shape{-1, 4}); }, "is no axis of input");
  says([] { RMSNormalization({.axis = 3}).build(Shape{-1, 4}); }, "is no axis of input");
  says([] { Attention({.score_mode = "sum"}); }, "score_mode must be 'dot' or 'concat'");
  says([] { AdditiveAttention({.dropout = 1}); }, "dropout must be at least 0 and below 1");
  says([] { Attention()(Tensors{zeros({2, 3, 4}), zeros({2, 3, 5})}); }, "must agree on their last axis");
  says([] { Attention()(zeros({2, 3, 4})); }, "expected query, value and perhaps key");
}

TEST(VolumeLayers, GroupsComputeAsTheirParts) {
  // TensorFlow has no groups of volumes on the CPU: each half by itself is the reference.
  const Conv3D both(4, 2, {.groups = 2, .use_bias = false});
  std::vector<float> values(2 * 3 * 3 * 3 * 4);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  const Tensor x = Tensor::from(values, Shape{2, 3, 3, 3, 4});
  const Tensor y = both(x);
  const Tensor kernel = both.weights()[0]->value;
  for (int64_t half = 0; half < 2; ++half) {
    const Conv3D one(2, 2, {.use_bias = false});
    const Tensor part = slice(x, {0, 0, 0, 0, 2 * half}, {2, 3, 3, 3, 2 * half + 2}).eval();
    one.build(part.shape());
    one.weights()[0]->assign(slice(kernel, {0, 0, 0, 0, 2 * half}, {2, 2, 2, 2, 2 * half + 2}).eval());
    const std::vector<float> expected = one(part).to_vector<float>();
    const std::vector<float> got =
        slice(y, {0, 0, 0, 0, 2 * half}, {2, 2, 2, 2, 2 * half + 2}).to_vector<float>();
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5);
  }
}

}  // namespace
}  // namespace lamina
