// Layers in the order in which Keras makes them.
#include "lamina/zoo/applications/detail/inception.h"

namespace lamina::detail {

std::string InceptionLayers::numbered(const std::string& kind) {
  const int before = counts_[kind]++;
  return before == 0 ? kind : kind + "_" + std::to_string(before);
}

Tensor InceptionLayers::unit(const Tensor& x, int64_t filters, Size2 kernel, const UnitOptions& options) {
  const auto named = [&](const char* kind, const char* what) {
    return options.name.empty() ? numbered(kind) : options.name + what;
  };
  Tensor y = Conv2D(filters, kernel,
                    {.strides = {options.step, options.step},
                     .padding = options.padding,
                     .use_bias = false,
                     .name = named("conv2d", "")})(x);
  y = BatchNormalization({.scale = false, .name = named("batch_normalization", "_bn")})(y);
  return Activation("relu", {.name = named("activation", "_ac")})(y);
}

Tensor InceptionLayers::around(const Tensor& x) {
  return AveragePooling2D({3, 3},
                          {.strides = {1, 1}, .padding = "same", .name = numbered("average_pooling2d")})(x);
}

Tensor InceptionLayers::halved_maximum(const Tensor& x) {
  return MaxPooling2D({3, 3}, {.strides = {2, 2}, .name = numbered("max_pooling2d")})(x);
}

Tensor InceptionLayers::side_by_side(const std::vector<Tensor>& branches, const std::string& name) {
  return Concatenate({.name = name.empty() ? numbered("concatenate") : name})(branches);
}

Tensor InceptionLayers::stem(const Tensor& given) {
  const UnitOptions inside{.padding = "valid"};
  Tensor x = unit(given, 32, {3, 3}, kHalving);
  x = unit(unit(x, 32, {3, 3}, inside), 64, {3, 3});
  x = unit(unit(halved_maximum(x), 80, {1, 1}, inside), 192, {3, 3}, inside);
  return halved_maximum(x);
}

}  // namespace lamina::detail
