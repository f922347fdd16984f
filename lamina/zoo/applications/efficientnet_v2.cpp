// EfficientNetV2 S, M, L and B0 to B3: its first stages take one 3×3 convolution where EfficientNet takes a
// wide and a narrow one (Tan and Le, 2021, arXiv 2104.00298).
#include <cmath>
#include <vector>

#include "lamina/zoo/applications/detail/mbconv.h"

namespace lamina {
namespace {

using namespace detail;

struct StageV2 {
  int64_t in, out, expansion, step;
  int blocks;
  bool fused;
};

const std::vector<StageV2> kBase{{32, 16, 1, 1, 1, true},   {16, 32, 4, 2, 2, true},
                                 {32, 48, 4, 2, 2, true},   {48, 96, 4, 2, 3, false},
                                 {96, 112, 6, 1, 5, false}, {112, 192, 6, 2, 8, false}};
const std::vector<StageV2> kS{{24, 24, 1, 1, 2, true},    {24, 48, 4, 2, 4, true},
                              {48, 64, 4, 2, 4, true},    {64, 128, 4, 2, 6, false},
                              {128, 160, 6, 1, 9, false}, {160, 256, 6, 2, 15, false}};
const std::vector<StageV2> kM{{24, 24, 1, 1, 3, true},     {24, 48, 4, 2, 5, true},
                              {48, 80, 4, 2, 5, true},     {80, 160, 4, 2, 7, false},
                              {160, 176, 6, 1, 14, false}, {176, 304, 6, 2, 18, false},
                              {304, 512, 6, 1, 5, false}};
const std::vector<StageV2> kL{{32, 32, 1, 1, 4, true},     {32, 64, 4, 2, 7, true},
                              {64, 96, 4, 2, 7, true},     {96, 192, 4, 2, 10, false},
                              {192, 224, 6, 1, 19, false}, {224, 384, 6, 2, 25, false},
                              {384, 640, 6, 1, 7, false}};

constexpr double kMostDroppedV2 = 0.2;

struct NetworkV2 {
  const char* name;  ///< Keras's, with a hyphen
  const char* called;
  const std::vector<StageV2>& stages;
  double width, depth;
  int64_t side;
};
const NetworkV2 kNetworks[] = {{"efficientnetv2-b0", "EfficientNetV2B0", kBase, 1.0, 1.0, 224},
                               {"efficientnetv2-b1", "EfficientNetV2B1", kBase, 1.0, 1.1, 240},
                               {"efficientnetv2-b2", "EfficientNetV2B2", kBase, 1.1, 1.2, 260},
                               {"efficientnetv2-b3", "EfficientNetV2B3", kBase, 1.2, 1.4, 300},
                               {"efficientnetv2-s", "EfficientNetV2S", kS, 1.0, 1.0, 384},
                               {"efficientnetv2-m", "EfficientNetV2M", kM, 1.0, 1.0, 480},
                               {"efficientnetv2-l", "EfficientNetV2L", kL, 1.0, 1.0, 480}};

// Widths of the second version are rounded to the nearest multiple of 8, whatever is lost.
int64_t nearest_wide(int64_t filters, double width) {
  return std::max<int64_t>(8, static_cast<int64_t>(static_cast<double>(filters) * width + 4) / 8 * 8);
}

Tensor quick_norm(const Tensor& x, const std::string& name) {
  return BatchNormalization({.momentum = 0.9, .name = name})(x);
}

Tensor block_v2(const Tensor& given, const StageV2& stage, int64_t in, int64_t out, int64_t step, double rate,
                const std::string& name) {
  const bool wide = stage.expansion != 1;
  Tensor x = given;
  if (wide) {
    x = efficient_conv(x, in * stage.expansion, stage.fused ? 3 : 1, stage.fused ? step : 1,
                       name + "expand_conv");
    x = swished(quick_norm(x, name + "expand_bn"), name + "expand_activation");
  }
  if (!stage.fused) {
    x = DepthwiseConv2D({3, 3}, {.strides = {step, step},
                                 .padding = "same",
                                 .use_bias = false,
                                 .depthwise_initializer = mbconv_kernels(),
                                 .name = name + "dwconv2"})(x);
    x = swished(quick_norm(x, name + "bn"), name + "activation");
    x = excited(x, std::max<int64_t>(1, in / 4), name);
  }
  const bool whole = stage.fused && !wide;
  x = efficient_conv(x, out, whole ? 3 : 1, whole ? step : 1, name + "project_conv");
  x = quick_norm(x, name + "project_bn");
  if (whole) x = swished(x, name + "project_activation");
  return step == 1 && in == out ? added(x, given, rate, name) : x;
}

template <int number>
Model efficientnet_v2(const ApplicationOptions& options) {
  const NetworkV2& network = kNetworks[number];
  const Frame frame(options, network.name, {.side = network.side, .least = 32});
  const auto blocks_of = [&](const StageV2& stage) {
    return static_cast<int>(std::ceil(network.depth * stage.blocks));
  };
  int all = 0;
  for (const StageV2& stage : network.stages) all += blocks_of(stage);
  Tensor x = frame.input();
  if (options.include_preprocessing && &network.stages == &kBase && frame.channels() == 3) {
    x = Rescaling(1 / 255.0)(x);
    const auto of_channels = [](float red, float green, float blue) {
      return Tensor::from(std::vector<float>{red, green, blue}, {3});
    };
    x = Normalization({.mean = of_channels(0.485F, 0.456F, 0.406F),
                       .variance = of_channels(0.229F * 0.229F, 0.224F * 0.224F, 0.225F * 0.225F)})(x);
  } else if (options.include_preprocessing) {
    x = Rescaling(1 / 128.0, {.offset = -1})(x);
  }
  x = efficient_conv(x, nearest_wide(network.stages[0].in, network.width), 3, 2, "stem_conv");
  x = swished(quick_norm(x, "stem_bn"), "stem_activation");
  int block = 0, number_of_stage = 0;
  for (const StageV2& stage : network.stages) {
    ++number_of_stage;
    int64_t in = nearest_wide(stage.in, network.width);
    const int64_t out = nearest_wide(stage.out, network.width);
    for (int i = 0; i < blocks_of(stage); ++i, ++block, in = out) {
      const std::string name = "block" + std::to_string(number_of_stage) + static_cast<char>('a' + i) + "_";
      x = block_v2(x, stage, in, out, i == 0 ? stage.step : 1, kMostDroppedV2 * block / all, name);
    }
  }
  x = efficient_conv(x, nearest_wide(1280, network.width), 1, 1, "top_conv");
  x = swished(quick_norm(x, "top_bn"), "top_activation");
  return frame.close(x, {.dropout = 0.2, .initializer = efficient_classifier()});
}

template <int number>
bool add_efficientnet_v2() {
  return register_application({kNetworks[number].called, "arXiv 2104.00298", kNetworks[number].side,
                               Preprocessing::kNone, efficientnet_v2<number>});
}

const bool efficientnet_v2_known = add_efficientnet_v2<0>() && add_efficientnet_v2<1>() &&
                                   add_efficientnet_v2<2>() && add_efficientnet_v2<3>() &&
                                   add_efficientnet_v2<4>() && add_efficientnet_v2<5>() &&
                                   add_efficientnet_v2<6>();

}  // namespace
}  // namespace lamina
