// Residual networks: features are added to what they were made of (He et al., 2015, arXiv 1512.03385), and
// the second form, which normalises before each convolution (He et al., 2016, arXiv 1603.05027). Those of
// 18 and 34 layers, which Keras lacks, have its names.
#include <vector>

#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

constexpr double kResidualEpsilon = 1.001e-5;

Tensor normalized(const Tensor& x, const std::string& name) {
  return BatchNormalization({.epsilon = kResidualEpsilon, .name = name})(x);
}

Tensor rectified(const Tensor& x, const std::string& name) { return Activation("relu", {.name = name})(x); }

/// One of the blocks.
struct Block {
  int64_t filters;
  int64_t step;
  bool first;  ///< of its stack: what is added has another number of channels
  std::string name;
};

Tensor bottleneck(const Tensor& x, const Block& block) {
  const std::string& name = block.name;
  Tensor beside = x;
  if (block.first) {
    beside =
        Conv2D(4 * block.filters, {1, 1}, {.strides = {block.step, block.step}, .name = name + "_0_conv"})(x);
    beside = normalized(beside, name + "_0_bn");
  }
  Tensor y =
      Conv2D(block.filters, {1, 1}, {.strides = {block.step, block.step}, .name = name + "_1_conv"})(x);
  y = rectified(normalized(y, name + "_1_bn"), name + "_1_relu");
  y = Conv2D(block.filters, {3, 3}, {.padding = "same", .name = name + "_2_conv"})(y);
  y = rectified(normalized(y, name + "_2_bn"), name + "_2_relu");
  y = normalized(Conv2D(4 * block.filters, {1, 1}, {.name = name + "_3_conv"})(y), name + "_3_bn");
  return rectified(Add({.name = name + "_add"})({beside, y}), name + "_out");
}

// Two convolutions in place of three; the stack of the first needs nothing beside it.
Tensor basic(const Tensor& x, const Block& block) {
  const std::string& name = block.name;
  Tensor beside = x;
  if (block.first && block.step > 1) {
    beside =
        Conv2D(block.filters, {1, 1}, {.strides = {block.step, block.step}, .name = name + "_0_conv"})(x);
    beside = normalized(beside, name + "_0_bn");
  }
  Tensor y = ZeroPadding2D(1, {.name = name + "_1_pad"})(x);
  y = Conv2D(block.filters, {3, 3}, {.strides = {block.step, block.step}, .name = name + "_1_conv"})(y);
  y = rectified(normalized(y, name + "_1_bn"), name + "_1_relu");
  y = Conv2D(block.filters, {3, 3}, {.padding = "same", .name = name + "_2_conv"})(y);
  y = normalized(y, name + "_2_bn");
  return rectified(Add({.name = name + "_add"})({beside, y}), name + "_out");
}

Tensor preactivated(const Tensor& x, const Block& block) {
  const std::string& name = block.name;
  const Size2 step{block.step, block.step};
  const Tensor before = rectified(normalized(x, name + "_preact_bn"), name + "_preact_relu");
  Tensor beside = x;
  if (block.first) {
    beside = Conv2D(4 * block.filters, {1, 1}, {.strides = step, .name = name + "_0_conv"})(before);
  } else if (block.step > 1) {
    beside = MaxPooling2D({1, 1}, {.strides = step})(x);
  }
  Tensor y = Conv2D(block.filters, {1, 1}, {.use_bias = false, .name = name + "_1_conv"})(before);
  y = rectified(normalized(y, name + "_1_bn"), name + "_1_relu");
  y = ZeroPadding2D(1, {.name = name + "_2_pad"})(y);
  y = Conv2D(block.filters, {3, 3}, {.strides = step, .use_bias = false, .name = name + "_2_conv"})(y);
  y = rectified(normalized(y, name + "_2_bn"), name + "_2_relu");
  y = Conv2D(4 * block.filters, {1, 1}, {.name = name + "_3_conv"})(y);
  return Add({.name = name + "_out"})({beside, y});
}

struct Residual {
  std::string name;
  std::vector<int> blocks;
  Tensor (*block)(const Tensor& x, const Block& block) = bottleneck;
  bool second = false;  ///< whether it normalises first
};

Model residual(const ApplicationOptions& options, const Residual& network) {
  const Frame frame(options, network.name, {.side = 224, .least = 32});
  Tensor x = ZeroPadding2D(3, {.name = "conv1_pad"})(frame.input());
  x = Conv2D(64, {7, 7}, {.strides = {2, 2}, .name = "conv1_conv"})(x);
  if (!network.second) x = rectified(normalized(x, "conv1_bn"), "conv1_relu");
  x = ZeroPadding2D(1, {.name = "pool1_pad"})(x);
  x = MaxPooling2D({3, 3}, {.strides = {2, 2}, .name = "pool1_pool"})(x);
  for (int stack = 0; stack < 4; ++stack) {
    const int count = network.blocks[static_cast<size_t>(stack)];
    for (int i = 0; i < count; ++i) {
      // The second form takes its step at the end of a stack, and none in the last; the first at the begin,
      // and none in the first.
      const bool steps = network.second ? i + 1 == count && stack < 3 : i == 0 && stack > 0;
      x = network.block(x, {.filters = int64_t{64} << stack,
                            .step = steps ? 2 : 1,
                            .first = i == 0,
                            .name = "conv" + std::to_string(stack + 2) + "_block" + std::to_string(i + 1)});
    }
  }
  if (network.second) x = rectified(normalized(x, "post_bn"), "post_relu");
  return frame.close(x);
}

template <int layers, bool second>
Model resnet(const ApplicationOptions& options) {
  const std::vector<int> blocks = layers == 18    ? std::vector{2, 2, 2, 2}
                                  : layers == 101 ? std::vector{3, 4, 23, 3}
                                  : layers == 152 ? std::vector{3, 8, 36, 3}
                                                  : std::vector{3, 4, 6, 3};
  return residual(options, {.name = "resnet" + std::to_string(layers) + (second ? "v2" : ""),
                            .blocks = blocks,
                            .block = second        ? preactivated
                                     : layers < 50 ? basic
                                                   : bottleneck,
                            .second = second});
}

template <int layers, bool second>
bool add_resnet() {
  return register_application({"ResNet" + std::to_string(layers) + (second ? "V2" : ""),
                               second ? "arXiv 1603.05027" : "arXiv 1512.03385", 224,
                               second ? Preprocessing::kTf : Preprocessing::kCaffe, resnet<layers, second>});
}

const bool resnet_known = add_resnet<18, false>() && add_resnet<34, false>() && add_resnet<50, false>() &&
                          add_resnet<101, false>() && add_resnet<152, false>() && add_resnet<50, true>() &&
                          add_resnet<101, true>() && add_resnet<152, true>();

}  // namespace
}  // namespace lamina
