// EfficientNet B0 to B7: one network, made deeper, wider and for larger pictures together (Tan and Le, 2019,
// arXiv 1905.11946).
#include <cmath>

#include "lamina/zoo/applications/detail/mbconv.h"

namespace lamina {
namespace {

using namespace detail;

struct Size {
  double width, depth;
  int64_t side;
  double dropout;
};
constexpr Size kSizes[] = {{1.0, 1.0, 224, 0.2}, {1.0, 1.1, 240, 0.2}, {1.1, 1.2, 260, 0.3},
                           {1.2, 1.4, 300, 0.3}, {1.4, 1.8, 380, 0.4}, {1.6, 2.2, 456, 0.4},
                           {1.8, 2.6, 528, 0.5}, {2.0, 3.1, 600, 0.5}};

struct Stage {
  int64_t kernel, in, out, expansion, step;
  int blocks;
};
constexpr Stage kStages[] = {{3, 32, 16, 1, 1, 1},  {3, 16, 24, 6, 2, 2},  {5, 24, 40, 6, 2, 2},
                             {3, 40, 80, 6, 2, 3},  {5, 80, 112, 6, 1, 3}, {5, 112, 192, 6, 2, 4},
                             {3, 192, 320, 6, 1, 1}};
constexpr double kMostDropped = 0.2;  // of whole samples, in the last block

Tensor norm_of(const Tensor& x, const std::string& name) { return BatchNormalization({.name = name})(x); }

Tensor efficient_block(const Tensor& given, const Stage& stage, int64_t in, int64_t out, int64_t step,
                       double rate, const std::string& name) {
  Tensor x = given;
  if (stage.expansion != 1) {
    x = efficient_conv(x, in * stage.expansion, 1, 1, name + "expand_conv");
    x = swished(norm_of(x, name + "expand_bn"), name + "expand_activation");
  }
  if (step == 2) x = pad_for_step(x, stage.kernel, name + "dwconv_pad");
  x = DepthwiseConv2D({stage.kernel, stage.kernel}, {.strides = {step, step},
                                                     .padding = step == 2 ? "valid" : "same",
                                                     .use_bias = false,
                                                     .depthwise_initializer = mbconv_kernels(),
                                                     .name = name + "dwconv"})(x);
  x = swished(norm_of(x, name + "bn"), name + "activation");
  x = excited(x, std::max<int64_t>(1, in / 4), name);
  x = norm_of(efficient_conv(x, out, 1, 1, name + "project_conv"), name + "project_bn");
  return step == 1 && in == out ? added(x, given, rate, name) : x;
}

template <int number>
Model efficientnet(const ApplicationOptions& options) {
  constexpr Size kSize = kSizes[number];
  const Frame frame(options, "efficientnetb" + std::to_string(number), {.side = kSize.side, .least = 32});
  const auto blocks_of = [&](const Stage& stage) {
    return static_cast<int>(std::ceil(kSize.depth * stage.blocks));
  };
  int all = 0;
  for (const Stage& stage : kStages) all += blocks_of(stage);
  Tensor x = Normalization()(Rescaling(1 / 255.0)(frame.input()));
  x = pad_for_step(x, 3, "stem_conv_pad");
  x = Conv2D(
      as_wide(32, kSize.width), {3, 3},
      {.strides = {2, 2}, .use_bias = false, .kernel_initializer = mbconv_kernels(), .name = "stem_conv"})(x);
  x = swished(norm_of(x, "stem_bn"), "stem_activation");
  int block = 0, number_of_stage = 0;
  for (const Stage& stage : kStages) {
    ++number_of_stage;
    int64_t in = as_wide(stage.in, kSize.width);
    const int64_t out = as_wide(stage.out, kSize.width);
    for (int i = 0; i < blocks_of(stage); ++i, ++block, in = out) {
      const std::string name = "block" + std::to_string(number_of_stage) + static_cast<char>('a' + i) + "_";
      x = efficient_block(x, stage, in, out, i == 0 ? stage.step : 1, kMostDropped * block / all, name);
    }
  }
  x = efficient_conv(x, as_wide(1280, kSize.width), 1, 1, "top_conv");
  x = swished(norm_of(x, "top_bn"), "top_activation");
  return frame.close(x, {.dropout = kSize.dropout, .initializer = efficient_classifier()});
}

template <int number>
bool add_efficientnet() {
  return register_application({"EfficientNetB" + std::to_string(number), "arXiv 1905.11946",
                               kSizes[number].side, Preprocessing::kNone, efficientnet<number>});
}

const bool efficientnet_known = add_efficientnet<0>() && add_efficientnet<1>() && add_efficientnet<2>() &&
                                add_efficientnet<3>() && add_efficientnet<4>() && add_efficientnet<5>() &&
                                add_efficientnet<6>() && add_efficientnet<7>();

}  // namespace
}  // namespace lamina
