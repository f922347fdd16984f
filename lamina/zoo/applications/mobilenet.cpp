// MobileNet: each channel by itself, then all channels of a place (Howard et al., 2017, arXiv 1704.04861).
#include <fmt/format.h>

#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

Tensor separated(const Tensor& given, int64_t filters, int64_t step, int number) {
  const auto name = [&](const char* what, const char* kind) {
    return fmt::format("conv_{}_{}{}", what, number, kind);
  };
  Tensor x = given;
  if (step == 2) x = ZeroPadding2D({0, 1, 0, 1}, {.name = name("pad", "")})(x);
  x = DepthwiseConv2D({3, 3}, {.strides = {step, step},
                               .padding = step == 1 ? "same" : "valid",
                               .use_bias = false,
                               .name = name("dw", "")})(x);
  x = BatchNormalization({.name = name("dw", "_bn")})(x);
  x = ReLU({.max_value = 6.0, .name = name("dw", "_relu")})(x);
  x = Conv2D(filters, {1, 1}, {.padding = "same", .use_bias = false, .name = name("pw", "")})(x);
  x = BatchNormalization({.name = name("pw", "_bn")})(x);
  return ReLU({.max_value = 6.0, .name = name("pw", "_relu")})(x);
}

Model mobilenet(const ApplicationOptions& options) {
  const int64_t rows = options.input_shape.rank() == 3 ? options.input_shape[0]
                       : options.include_top           ? 224
                                                       : -1;
  const Frame frame(
      options, fmt::format("mobilenet_{:.2f}_{}", options.alpha, rows == -1 ? "None" : std::to_string(rows)),
      {.side = 224, .least = 32});
  const auto share = [&](int64_t filters) {
    return static_cast<int64_t>(static_cast<double>(filters) * options.alpha);
  };
  Tensor x =
      Conv2D(share(32), {3, 3},
             {.strides = {2, 2}, .padding = "same", .use_bias = false, .name = "conv1"})(frame.input());
  x = BatchNormalization({.name = "conv1_bn"})(x);
  x = ReLU({.max_value = 6.0, .name = "conv1_relu"})(x);
  struct Step {
    int64_t filters, step;
  };
  constexpr Step kSteps[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                             {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  int number = 0;
  for (const Step& each : kSteps) x = separated(x, share(each.filters), each.step, ++number);
  if (!options.include_top) return frame.finish(frame.pool(x, "", ""));
  x = GlobalAveragePooling2D({.keepdims = true})(x);
  x = Dropout(1e-3, {.name = "dropout"})(x);
  x = Conv2D(options.classes, {1, 1}, {.padding = "same", .name = "conv_preds"})(x);
  x = Reshape({options.classes}, {.name = "reshape_2"})(x);
  return frame.finish(Activation(options.classifier_activation, {.name = "predictions"})(x));
}

const bool mobilenet_known =
    register_application({"MobileNet", "arXiv 1704.04861", 224, Preprocessing::kTf, mobilenet});

}  // namespace
}  // namespace lamina
