// Layers in the order in which Keras makes them: those without names are numbered by it.
#include "lamina/zoo/applications/detail/inception.h"

namespace lamina::detail {

Tensor unit(const Tensor& x, int64_t filters, Size2 kernel, const UnitOptions& options) {
  const auto named = [&](const char* what) { return options.name.empty() ? "" : options.name + what; };
  Tensor y = Conv2D(filters, kernel,
                    {.strides = {options.step, options.step},
                     .padding = options.padding,
                     .use_bias = false,
                     .name = options.name})(x);
  y = BatchNormalization({.scale = false, .name = named("_bn")})(y);
  return Activation("relu", {.name = named("_ac")})(y);
}

Tensor around(const Tensor& x) { return AveragePooling2D({3, 3}, {.strides = {1, 1}, .padding = "same"})(x); }

Tensor halved_maximum(const Tensor& x) { return MaxPooling2D({3, 3}, {.strides = {2, 2}})(x); }

Tensor side_by_side(const std::vector<Tensor>& branches, const std::string& name) {
  return Concatenate({.name = name})(branches);
}

Tensor stem(const Tensor& given) {
  const UnitOptions inside{.padding = "valid"};
  Tensor x = unit(given, 32, {3, 3}, kHalving);
  x = unit(unit(x, 32, {3, 3}, inside), 64, {3, 3});
  x = unit(unit(halved_maximum(x), 80, {1, 1}, inside), 192, {3, 3}, inside);
  return halved_maximum(x);
}

}  // namespace lamina::detail
