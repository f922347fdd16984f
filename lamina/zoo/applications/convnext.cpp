// ConvNeXt: a residual network with the habits of Transformers (Liu et al., 2022, arXiv 2201.03545).
#include <array>

#include "lamina/nn/layers/application_layers.h"
#include "lamina/ops/binary.h"
#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

constexpr double kLayerEpsilon = 1e-6, kFirstScale = 1e-6;

struct Widths {
  const char* name;
  const char* called;
  std::array<int, 4> blocks;
  std::array<int64_t, 4> channels;
};
constexpr Widths kConvNeXts[] = {
    {"convnext_tiny", "ConvNeXtTiny", {3, 3, 9, 3}, {96, 192, 384, 768}},
    {"convnext_small", "ConvNeXtSmall", {3, 3, 27, 3}, {96, 192, 384, 768}},
    {"convnext_base", "ConvNeXtBase", {3, 3, 27, 3}, {128, 256, 512, 1024}},
    {"convnext_large", "ConvNeXtLarge", {3, 3, 27, 3}, {192, 384, 768, 1536}},
    {"convnext_xlarge", "ConvNeXtXLarge", {3, 3, 27, 3}, {256, 512, 1024, 2048}}};

Tensor convnext_block(const Tensor& given, int64_t channels, const std::string& name) {
  Tensor x = Conv2D(channels, {7, 7},
                    {.padding = "same", .groups = channels, .name = name + "_depthwise_conv"})(given);
  x = LayerNormalization({.epsilon = kLayerEpsilon, .name = name + "_layernorm"})(x);
  x = Dense(4 * channels, {.name = name + "_pointwise_conv_1"})(x);
  x = Activation("gelu", {.name = name + "_gelu"})(x);
  x = Dense(channels, {.name = name + "_pointwise_conv_2"})(x);
  x = LayerScale(kFirstScale, channels, {.name = name + "_layer_scale"})(x);
  return given + Activation("linear", {.name = name + "_identity"})(x);
}

template <int number>
Model convnext(const ApplicationOptions& options) {
  const Widths& widths = kConvNeXts[number];
  const std::string name = options.name.empty() ? widths.name : options.name;
  const Frame frame(options, name, {.side = 224, .least = 32});
  Tensor x = frame.input();
  if (options.include_preprocessing && frame.channels() == 3) {
    const auto of_channels = [](float red, float green, float blue) {
      return Tensor::from(std::vector<float>{red, green, blue}, {3});
    };
    const float red = 0.229F * 255, green = 0.224F * 255, blue = 0.225F * 255;
    x = Normalization({.mean = of_channels(0.485F * 255, 0.456F * 255, 0.406F * 255),
                       .variance = of_channels(red * red, green * green, blue * blue),
                       .name = name + "_prestem_normalization"})(x);
  }
  for (int stage = 0; stage < 4; ++stage) {
    const auto place = static_cast<size_t>(stage);
    const int64_t channels = widths.channels[place];
    if (stage == 0) {
      x = Sequential({Conv2D(channels, {4, 4}, {.strides = {4, 4}, .name = name + "_stem_conv"}),
                      LayerNormalization({.epsilon = kLayerEpsilon, .name = name + "_stem_layernorm"})},
                     {.name = name + "_stem"})(x);
    } else {
      const std::string which = std::to_string(stage - 1);
      x = Sequential(
          {LayerNormalization({.epsilon = kLayerEpsilon, .name = name + "_downsampling_layernorm_" + which}),
           Conv2D(channels, {2, 2}, {.strides = {2, 2}, .name = name + "_downsampling_conv_" + which})},
          {.name = name + "_downsampling_block_" + which})(x);
    }
    for (int i = 0; i < widths.blocks[place]; ++i)
      x = convnext_block(x, channels,
                         name + "_stage_" + std::to_string(stage) + "_block_" + std::to_string(i));
  }
  if (!options.include_top)
    return frame.finish(LayerNormalization({.epsilon = kLayerEpsilon})(frame.pool(x, "", "")));
  x = GlobalAveragePooling2D({.name = name + "_head_gap"})(x);
  x = LayerNormalization({.epsilon = kLayerEpsilon, .name = name + "_head_layernorm"})(x);
  return frame.finish(
      Dense(options.classes, {.activation = options.classifier_activation, .name = name + "_head_dense"})(x));
}

template <int number>
bool add_convnext() {
  return register_application(
      {kConvNeXts[number].called, "arXiv 2201.03545", 224, Preprocessing::kNone, convnext<number>});
}

const bool convnext_known =
    add_convnext<0>() && add_convnext<1>() && add_convnext<2>() && add_convnext<3>() && add_convnext<4>();

}  // namespace
}  // namespace lamina
