// Xception: all convolutions but the first two look at channels and places apart (Chollet, 2016, arXiv
// 1610.02357).
#include <vector>

#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

Tensor plain(const Tensor& x, int64_t filters, int64_t step, const std::string& name) {
  const Tensor y = Conv2D(filters, {3, 3}, {.strides = {step, step}, .use_bias = false, .name = name})(x);
  return Activation("relu", {.name = name + "_act"})(BatchNormalization({.name = name + "_bn"})(y));
}

Tensor separable(const Tensor& x, int64_t filters, const std::string& name) {
  return BatchNormalization({.name = name + "_bn"})(
      SeparableConv2D(filters, {3, 3}, {.padding = "same", .use_bias = false, .name = name})(x));
}

Tensor beside(const Tensor& x, int64_t filters) {
  return BatchNormalization()(
      Conv2D(filters, {1, 1}, {.strides = {2, 2}, .padding = "same", .use_bias = false})(x));
}

/// Activations before the convolutions, but for the first of block 2, which has one behind its input already.
Tensor narrowing(const Tensor& given, int64_t first, int64_t second, int number) {
  const std::string name = "block" + std::to_string(number);
  const Tensor residual = beside(given, second);
  Tensor x = number == 2 ? given : Activation("relu", {.name = name + "_sepconv1_act"})(given);
  x = separable(x, first, name + "_sepconv1");
  x = separable(Activation("relu", {.name = name + "_sepconv2_act"})(x), second, name + "_sepconv2");
  x = MaxPooling2D({3, 3}, {.strides = {2, 2}, .padding = "same", .name = name + "_pool"})(x);
  return Add()({x, residual});
}

Model xception(const ApplicationOptions& options) {
  const Frame frame(options, "xception", {.side = 299, .least = 71});
  Tensor x = plain(plain(frame.input(), 32, 2, "block1_conv1"), 64, 1, "block1_conv2");
  x = narrowing(x, 128, 128, 2);
  x = narrowing(x, 256, 256, 3);
  x = narrowing(x, 728, 728, 4);
  for (int number = 5; number < 13; ++number) {
    const Tensor given = x;
    for (int i = 1; i <= 3; ++i) {
      const std::string name = "block" + std::to_string(number) + "_sepconv" + std::to_string(i);
      x = separable(Activation("relu", {.name = name + "_act"})(x), 728, name);
    }
    x = Add()({x, given});
  }
  x = narrowing(x, 728, 1024, 13);
  for (int i = 1; i <= 2; ++i) {
    const std::string name = "block14_sepconv" + std::to_string(i);
    x = Activation("relu", {.name = name + "_act"})(separable(x, i == 1 ? 1536 : 2048, name));
  }
  return frame.close(x, {.average = "", .largest = ""});
}

const bool xception_known =
    register_application({"Xception", "arXiv 1610.02357", 299, Preprocessing::kTf, xception});

}  // namespace
}  // namespace lamina
