// MobileNetV2: blocks that widen, look at each channel and narrow again (Sandler et al., 2018, arXiv
// 1801.04381).
#include <fmt/format.h>

#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

Tensor slow_norm(const Tensor& x, const std::string& name) {
  return BatchNormalization({.momentum = 0.999, .epsilon = 1e-3, .name = name})(x);
}

Tensor up_to_6(const Tensor& x, const std::string& name) { return ReLU({.max_value = 6.0, .name = name})(x); }

Tensor point(const Tensor& x, int64_t filters, const std::string& name) {
  return Conv2D(filters, {1, 1}, {.padding = "same", .use_bias = false, .name = name})(x);
}

Tensor inverted(const Tensor& given, int64_t filters, int64_t step, int64_t expansion, int number) {
  const std::string prefix = number == 0 ? "expanded_conv_" : fmt::format("block_{}_", number);
  const int64_t channels = given.shape()[-1];
  Tensor x = given;
  if (number > 0) {
    x = slow_norm(point(x, expansion * channels, prefix + "expand"), prefix + "expand_BN");
    x = up_to_6(x, prefix + "expand_relu");
  }
  if (step == 2) x = pad_for_step(x, 3, prefix + "pad");
  x = DepthwiseConv2D({3, 3}, {.strides = {step, step},
                               .padding = step == 1 ? "same" : "valid",
                               .use_bias = false,
                               .name = prefix + "depthwise"})(x);
  x = up_to_6(slow_norm(x, prefix + "depthwise_BN"), prefix + "depthwise_relu");
  x = slow_norm(point(x, filters, prefix + "project"), prefix + "project_BN");
  return channels == filters && step == 1 ? Add({.name = prefix + "add"})({given, x}) : x;
}

Model mobilenet_v2(const ApplicationOptions& options) {
  const int64_t rows = options.input_shape.rank() == 3 ? options.input_shape[0]
                       : options.include_top           ? 224
                                                       : -1;
  const Frame frame(
      options,
      fmt::format("mobilenetv2_{:.2f}_{}", options.alpha, rows == -1 ? "None" : std::to_string(rows)),
      {.side = 224, .least = 32});
  const double alpha = options.alpha;
  Tensor x =
      Conv2D(divisible_by_8(32 * alpha), {3, 3},
             {.strides = {2, 2}, .padding = "same", .use_bias = false, .name = "Conv1"})(frame.input());
  x = up_to_6(slow_norm(x, "bn_Conv1"), "Conv1_relu");
  struct Stage {
    int64_t filters, step, expansion;
    int blocks;
  };
  constexpr Stage kStages[] = {{16, 1, 1, 1}, {24, 2, 6, 2},  {32, 2, 6, 3}, {64, 2, 6, 4},
                               {96, 1, 6, 3}, {160, 2, 6, 3}, {320, 1, 6, 1}};
  int number = 0;
  for (const Stage& stage : kStages) {
    for (int i = 0; i < stage.blocks; ++i, ++number) {
      const auto filters = static_cast<int64_t>(static_cast<double>(stage.filters) * alpha);
      x = inverted(x, divisible_by_8(static_cast<double>(filters)), i == 0 ? stage.step : 1, stage.expansion,
                   number);
    }
  }
  // The last convolution is made wider, but not narrower.
  x = Conv2D(alpha > 1 ? divisible_by_8(1280 * alpha) : 1280, {1, 1},
             {.use_bias = false, .name = "Conv_1"})(x);
  x = up_to_6(slow_norm(x, "Conv_1_bn"), "out_relu");
  if (!options.include_top) return frame.finish(frame.pool(x, "", ""));
  x = GlobalAveragePooling2D()(x);
  return frame.finish(
      Dense(options.classes, {.activation = options.classifier_activation, .name = "predictions"})(x));
}

const bool mobilenet_v2_known =
    register_application({"MobileNetV2", "arXiv 1801.04381", 224, Preprocessing::kTf, mobilenet_v2});

}  // namespace
}  // namespace lamina
