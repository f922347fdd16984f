// DenseNet: each layer is given what all before it in its block have made (Huang et al., 2016, arXiv
// 1608.06993).
#include <array>

#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

constexpr int64_t kGrowth = 32;

Tensor norm_and_rectify(const Tensor& x, const std::string& norm, const std::string& relu) {
  return Activation("relu", {.name = relu})(BatchNormalization({.epsilon = 1.001e-5, .name = norm})(x));
}

Tensor grown(const Tensor& x, const std::string& name) {
  Tensor y = norm_and_rectify(x, name + "_0_bn", name + "_0_relu");
  y = Conv2D(4 * kGrowth, {1, 1}, {.use_bias = false, .name = name + "_1_conv"})(y);
  y = norm_and_rectify(y, name + "_1_bn", name + "_1_relu");
  y = Conv2D(kGrowth, {3, 3}, {.padding = "same", .use_bias = false, .name = name + "_2_conv"})(y);
  return Concatenate({.name = name + "_concat"})({x, y});
}

Tensor halved(const Tensor& x, const std::string& name) {
  const Tensor y = norm_and_rectify(x, name + "_bn", name + "_relu");
  return AveragePooling2D({2, 2}, {.strides = {2, 2}, .name = name + "_pool"})(
      Conv2D(x.shape()[-1] / 2, {1, 1}, {.use_bias = false, .name = name + "_conv"})(y));
}

Model densenet(const ApplicationOptions& options, const std::string& name, const std::array<int, 4>& blocks) {
  const Frame frame(options, name, {.side = 224, .least = 32});
  Tensor x = ZeroPadding2D(3)(frame.input());
  x = Conv2D(64, {7, 7}, {.strides = {2, 2}, .use_bias = false, .name = "conv1_conv"})(x);
  x = ZeroPadding2D(1)(norm_and_rectify(x, "conv1_bn", "conv1_relu"));
  x = MaxPooling2D({3, 3}, {.strides = {2, 2}, .name = "pool1"})(x);
  for (int i = 0; i < 4; ++i) {
    const std::string block = "conv" + std::to_string(i + 2) + "_block";
    for (int j = 0; j < blocks[static_cast<size_t>(i)]; ++j) x = grown(x, block + std::to_string(j + 1));
    if (i < 3) x = halved(x, "pool" + std::to_string(i + 2));
  }
  return frame.close(norm_and_rectify(x, "bn", "relu"));
}

const bool densenet_known =
    register_application({"DenseNet121", "arXiv 1608.06993", 224, Preprocessing::kTorch,
                          [](const ApplicationOptions& options) {
                            return densenet(options, "densenet121", {6, 12, 24, 16});
                          }}) &&
    register_application({"DenseNet169", "arXiv 1608.06993", 224, Preprocessing::kTorch,
                          [](const ApplicationOptions& options) {
                            return densenet(options, "densenet169", {6, 12, 32, 32});
                          }}) &&
    register_application({"DenseNet201", "arXiv 1608.06993", 224, Preprocessing::kTorch,
                          [](const ApplicationOptions& options) {
                            return densenet(options, "densenet201", {6, 12, 48, 32});
                          }});

}  // namespace
}  // namespace lamina
