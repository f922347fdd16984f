// MobileNetV3, large and small: found by search, with squeeze and excitation and a cheap swish (Howard et
// al., 2019, arXiv 1905.02244).
#include <fmt/format.h>

#include "lamina/ops/binary.h"
#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

struct Stage {
  double expansion;
  int64_t filters, kernel, step;
  bool squeezes, swishes;
};

Tensor calm_norm(const Tensor& x, const std::string& name) {
  return BatchNormalization({.momentum = 0.999, .epsilon = 1e-3, .name = name})(x);
}

Tensor activated(const Tensor& x, bool swish) { return swish ? Activation("hard_swish")(x) : ReLU()(x); }

Tensor squeezed(const Tensor& given, int64_t filters, const std::string& prefix) {
  const std::string name = prefix + "squeeze_excite_";
  Tensor x = GlobalAveragePooling2D({.keepdims = true, .name = name + "avg_pool"})(given);
  x = Conv2D(divisible_by_8(static_cast<double>(filters) * 0.25), {1, 1},
             {.padding = "same", .name = name + "conv"})(x);
  x = ReLU({.name = name + "relu"})(x);
  x = Conv2D(filters, {1, 1}, {.padding = "same", .name = name + "conv_1"})(x);
  x = ReLU({.max_value = 6.0})(x + 3.0) * (1.0 / 6.0);
  return Multiply({.name = name + "mul"})({given, x});
}

Tensor stage_block(const Tensor& given, const Stage& stage, int64_t filters, int number) {
  const std::string prefix = number == 0 ? "expanded_conv_" : fmt::format("expanded_conv_{}_", number);
  const int64_t channels = given.shape()[-1];
  const int64_t wide = divisible_by_8(static_cast<double>(channels) * stage.expansion);
  Tensor x = given;
  if (number > 0) {
    x = Conv2D(wide, {1, 1}, {.padding = "same", .use_bias = false, .name = prefix + "expand"})(x);
    x = activated(calm_norm(x, prefix + "expand_bn"), stage.swishes);
  }
  if (stage.step == 2) x = pad_for_step(x, stage.kernel, prefix + "depthwise_pad");
  x = DepthwiseConv2D({stage.kernel, stage.kernel}, {.strides = {stage.step, stage.step},
                                                     .padding = stage.step == 1 ? "same" : "valid",
                                                     .use_bias = false,
                                                     .name = prefix + "depthwise"})(x);
  x = activated(calm_norm(x, prefix + "depthwise_bn"), stage.swishes);
  if (stage.squeezes) x = squeezed(x, wide, prefix);
  x = Conv2D(filters, {1, 1}, {.padding = "same", .use_bias = false, .name = prefix + "project"})(x);
  x = calm_norm(x, prefix + "project_bn");
  return stage.step == 1 && channels == filters ? Add({.name = prefix + "add"})({given, x}) : x;
}

Model mobilenet_v3(const ApplicationOptions& options, const std::string& name,
                   const std::vector<Stage>& stages, int64_t last) {
  const Frame frame(options, name, {.side = 224, .least = 32});
  Tensor x = frame.input();
  if (options.include_preprocessing) x = Rescaling(1 / 127.5, {.offset = -1})(x);
  x = Conv2D(16, {3, 3}, {.strides = {2, 2}, .padding = "same", .use_bias = false, .name = "conv"})(x);
  x = activated(calm_norm(x, "conv_bn"), true);
  int number = 0;
  for (const Stage& stage : stages)
    x = stage_block(x, stage, divisible_by_8(static_cast<double>(stage.filters) * options.alpha), number++);
  x = Conv2D(divisible_by_8(static_cast<double>(x.shape()[-1] * 6)), {1, 1},
             {.padding = "same", .use_bias = false, .name = "conv_1"})(x);
  x = activated(calm_norm(x, "conv_1_bn"), true);
  if (!options.include_top) return frame.finish(frame.pool(x, "avg_pool", "max_pool"));
  if (options.alpha > 1) last = divisible_by_8(static_cast<double>(last) * options.alpha);
  x = GlobalAveragePooling2D({.keepdims = true})(x);
  x = activated(Conv2D(last, {1, 1}, {.padding = "same", .name = "conv_2"})(x), true);
  x = Dropout(0.2)(x);
  x = Flatten()(Conv2D(options.classes, {1, 1}, {.padding = "same", .name = "logits"})(x));
  return frame.finish(Activation(options.classifier_activation, {.name = "predictions"})(x));
}

Model mobilenet_v3_small(const ApplicationOptions& options) {
  return mobilenet_v3(options, "MobileNetV3Small",
                      {{1, 16, 3, 2, true, false},
                       {72.0 / 16, 24, 3, 2, false, false},
                       {88.0 / 24, 24, 3, 1, false, false},
                       {4, 40, 5, 2, true, true},
                       {6, 40, 5, 1, true, true},
                       {6, 40, 5, 1, true, true},
                       {3, 48, 5, 1, true, true},
                       {3, 48, 5, 1, true, true},
                       {6, 96, 5, 2, true, true},
                       {6, 96, 5, 1, true, true},
                       {6, 96, 5, 1, true, true}},
                      1024);
}

Model mobilenet_v3_large(const ApplicationOptions& options) {
  return mobilenet_v3(options, "MobileNetV3Large",
                      {{1, 16, 3, 1, false, false},
                       {4, 24, 3, 2, false, false},
                       {3, 24, 3, 1, false, false},
                       {3, 40, 5, 2, true, false},
                       {3, 40, 5, 1, true, false},
                       {3, 40, 5, 1, true, false},
                       {6, 80, 3, 2, false, true},
                       {2.5, 80, 3, 1, false, true},
                       {2.3, 80, 3, 1, false, true},
                       {2.3, 80, 3, 1, false, true},
                       {6, 112, 3, 1, true, true},
                       {6, 112, 3, 1, true, true},
                       {6, 160, 5, 2, true, true},
                       {6, 160, 5, 1, true, true},
                       {6, 160, 5, 1, true, true}},
                      1280);
}

const bool mobilenet_v3_known = register_application({"MobileNetV3Small", "arXiv 1905.02244", 224,
                                                      Preprocessing::kNone, mobilenet_v3_small}) &&
                                register_application({"MobileNetV3Large", "arXiv 1905.02244", 224,
                                                      Preprocessing::kNone, mobilenet_v3_large});

}  // namespace
}  // namespace lamina
