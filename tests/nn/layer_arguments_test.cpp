// What layers refuse, and the arguments that many of them share: regularizers, constraints, dtype policies.
#include <gtest/gtest.h>

#include <functional>

#include "lamina/base/error.h"
#include "lamina/nn/layers/batch_normalization.h"
#include "lamina/nn/layers/conv1d.h"
#include "lamina/nn/layers/conv2d.h"
#include "lamina/nn/layers/conv2d_transpose.h"
#include "lamina/nn/layers/cropping2d.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/depthwise_conv2d.h"
#include "lamina/nn/layers/einsum_dense.h"
#include "lamina/nn/layers/global_pooling1d.h"
#include "lamina/nn/layers/layer_normalization.h"
#include "lamina/nn/layers/leaky_relu.h"
#include "lamina/nn/layers/pooling1d.h"
#include "lamina/nn/layers/prelu.h"
#include "lamina/nn/layers/separable_conv2d.h"
#include "lamina/nn/layers/up_sampling2d.h"
#include "lamina/nn/layers/zero_padding2d.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

std::string complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "none";
}

std::string input_complaint(const Layer& layer, const Shape& shape) {
  return complaint([&] { layer.build(shape); });
}

void expect_says(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << "'" << message << "' lacks '" << part << "'";
}

TEST(LayerArguments, AreChecked) {
  expect_says(complaint([] { Conv1D(0, 3); }), "filters must be positive, received 0");
  expect_says(complaint([] { Conv1D(4, 3, {.groups = 3}); }), "groups must be positive and divide filters");
  expect_says(complaint([] { Conv1D(4, 0); }), "kernel_size must be positive");
  expect_says(complaint([] { Conv1D(4, 3, {.padding = "full"}); }),
              "padding must be 'valid', 'same' or 'causal', received 'full'");
  expect_says(complaint([] { Conv1D(4, 3, {.strides = 2, .dilation_rate = 2}); }), "cannot be combined");
  expect_says(complaint([] { DepthwiseConv2D(3, {.depth_multiplier = 0}); }),
              "depth_multiplier must be positive, received 0");
  expect_says(complaint([] { SeparableConv2D(0, 3); }), "filters must be positive");
  expect_says(
      complaint([] { Conv2DTranspose(2, 3, {.strides = 2, .output_padding = Size2(2)}); }),
      "output_padding must not be negative and must be below strides, received (2, 2) with strides (2, 2)");
  expect_says(complaint([] { UpSampling2D(2, {.interpolation = "lanczos3"}); }),
              "interpolation must be 'nearest', 'bilinear' or 'bicubic', received 'lanczos3'");
  expect_says(complaint([] { UpSampling2D(0); }), "size must be positive");
  expect_says(complaint([] { ZeroPadding2D(-1); }), "padding must be from 0 to 2^31 - 1");
  expect_says(complaint([] { MaxPooling1D(0); }), "pool_size must be positive");
  expect_says(complaint([] { PReLU({.shared_axes = {0}}); }), "shared_axes must be 1 or more, received 0");
  expect_says(complaint([] { LeakyReLU({.negative_slope = -1}); }), "negative_slope must not be negative");
  expect_says(complaint([] { EinsumDense("ab", {3}); }), "equation 'ab' must have two operands and a result");
  expect_says(complaint([] { EinsumDense("ab,bc->ad", {3}); }), "has 'd' in the result and in no operand");
  expect_says(complaint([] { EinsumDense("ab,cd->ad", {3}); }), "has 'b' in one operand only");
  expect_says(complaint([] { EinsumDense("aa,ab->ab", {3}); }), "must name axes by small letters, each once");
  expect_says(complaint([] { EinsumDense("...a,ab->b", {3}); }), "must have '...' at the same end");
  expect_says(complaint([] { EinsumDense("ab,bc->ac", {3}, {.bias_axes = "b"}); }),
              "bias_axes 'b' must be letters of the result of 'ab,bc->ac'");
  EXPECT_THROW(Dense(3, {.kernel_regularizer = "l3"}).build(Shape{-1, 2}), InvalidArgument);
  EXPECT_THROW(Dense(3, {.activity_regularizer = "l3"}), InvalidArgument);
  EXPECT_THROW(Dense(3, {.dtype = "float8"}), InvalidArgument);
}

TEST(LayerInputs, AreChecked) {
  expect_says(input_complaint(Conv1D(4, 3), {-1, 5}), "expected input of rank 3, (batch, steps, channels)");
  expect_says(input_complaint(Conv1D(4, 3), {-1, 2, 3}), "the kernel of 3 steps does not fit");
  expect_says(input_complaint(Conv1D(4, 3, {.groups = 2}), {-1, 5, 3}),
              "groups = 2 must divide the channels");
  expect_says(input_complaint(DepthwiseConv2D(3), {-1, 2, 5, 1}), "the kernel (3, 3) does not fit");
  expect_says(input_complaint(Conv2DTranspose(2, 3), {-1, 4, 4, -1}),
              "the channel axis of the input must be known");
  expect_says(input_complaint(MaxPooling1D(4), {-1, 3, 1}), "the window of 4 steps does not fit");
  expect_says(input_complaint(Cropping2D({1, 2}), {-1, 2, 9, 1}),
              "cropping = [[1, 1], [2, 2]] leaves nothing");
  expect_says(input_complaint(PReLU(), {-1, -1, 2}), "axis 1 must be known, or among shared_axes");
  expect_says(input_complaint(PReLU({.shared_axes = {3}}), {-1, 4, 2}), "shared axis 3 is no axis");
  expect_says(input_complaint(LayerNormalization({.axis = 2}), {-1, 4}), "axis 2 is no axis of input");
  expect_says(input_complaint(LayerNormalization({.axis = {1, -1}}), {-1, 4}), "axis 1 comes twice");
  expect_says(input_complaint(LayerNormalization(), {-1, -1}), "normalised axes must be known");
  expect_says(input_complaint(EinsumDense("abc,cd->abd", {-1, 3}), {-1, 4}),
              "equation 'abc,cd->abd' does not fit input of shape (None, 4)");
  expect_says(input_complaint(EinsumDense("abc,cd->abd", {3}), {-1, 4, 2}), "output_shape has 1 axes");
  expect_says(input_complaint(EinsumDense("abc,cd->abd", {5, 3}), {-1, 4, 2}),
              "output_shape says 5 for axis 'b'");
  expect_says(input_complaint(EinsumDense("abc,cd->abd", {-1, 3}), {-1, 4, -1}),
              "axis 'c' of the kernel must be known");
}

TEST(LayerMasks, AreChecked) {
  const Tensor x = zeros({2, 3, 4}), mask = ones({2, 3, 4}, DType::kBool);
  const auto masked = [&](const Layer& layer) {
    return complaint([&] { layer(Tensors{x}, {.tensors = {{"mask", {mask}}}}); });
  };
  expect_says(masked(BatchNormalization()), "the mask must have one axis less than the input");
  expect_says(masked(GlobalAveragePooling1D()), "the mask must be (batch, steps), received shape (2, 3, 4)");
}

TEST(LayerPolicies, SayWhereItIsComputed) {
  const auto expect_mixed = [](const Layer& layer, const Shape& shape) {
    EXPECT_EQ(layer(ones(shape), true).dtype(), DType::kBFloat16) << layer.class_name();
    for (const WeightPtr& weight : layer.weights()) EXPECT_EQ(weight->type.dtype, DType::kFloat32);
  };
  const std::string mixed = "mixed_bfloat16";
  expect_mixed(Dense(3, {.dtype = mixed}), {2, 4});
  expect_mixed(Conv2D(3, 2, {.dtype = mixed}), {2, 4, 4, 2});
  expect_mixed(Conv1D(3, 2, {.dtype = mixed}), {2, 4, 2});
  expect_mixed(DepthwiseConv2D(2, {.dtype = mixed}), {2, 4, 4, 2});
  expect_mixed(SeparableConv2D(2, 2, {.dtype = mixed}), {2, 4, 4, 2});
  expect_mixed(Conv2DTranspose(2, 2, {.dtype = mixed}), {2, 4, 4, 2});
  expect_mixed(BatchNormalization({.dtype = mixed}), {4, 3});
  expect_mixed(LayerNormalization({.dtype = mixed}), {4, 3});
  expect_mixed(EinsumDense("ab,bc->ac", {3}, {.bias_axes = "c", .dtype = mixed}), {2, 4});
  expect_mixed(PReLU({.dtype = mixed}), {2, 4});
  const Json config = Dense(3, {.dtype = mixed}).config();
  EXPECT_EQ(Registry<Layer>::make("Dense", config)->dtype_policy(), mixed);
}

TEST(CallContexts, KeepWhatSomebodyAskedFor) {
  CallContext context(false);
  context.report("states", ones({1}));
  EXPECT_TRUE(context.reported().empty()) << "nobody had asked";
  context.watch({"states"});
  CallContext part(true, context);
  EXPECT_TRUE(part.watched("states")) << "a part of the same pass";
  part.report("states", ones({2}));
  part.report("others", ones({3}));
  ASSERT_EQ(context.reported().size(), 1u);
  EXPECT_EQ(context.reported()[0].first, "states");
  EXPECT_EQ(context.reported()[0].second.shape(), Shape({2}));
}

TEST(LayerRegularizers, CountInTheLoss) {
  const Dense layer(3, {.use_bias = false, .kernel_initializer = "ones", .activity_regularizer = L2(0.5)});
  CallContext context(true);
  layer(ones({2, 4}), context);
  ASSERT_EQ(context.losses().size(), 1u);
  EXPECT_FLOAT_EQ(context.losses()[0].item<float>(), 0.5f * 6 * 16 / 2);
  const std::shared_ptr<Layer> copy = Registry<Layer>::from_json(layer.serialize());
  EXPECT_EQ(copy->config().at("activity_regularizer"), layer.config().at("activity_regularizer"));
}

}  // namespace
}  // namespace lamina
