// Both in Keras's names.
#include "lamina/zoo/applications/detail/mbconv.h"

namespace lamina::detail {

Choice<Initializer> mbconv_kernels() {
  return VarianceScaling({.scale = 2.0, .mode = "fan_out", .distribution = "truncated_normal"});
}

Choice<Initializer> efficient_classifier() {
  return VarianceScaling({.scale = 1.0 / 3, .mode = "fan_out", .distribution = "uniform"});
}

Tensor efficient_conv(const Tensor& x, int64_t filters, int64_t kernel, int64_t step,
                      const std::string& name) {
  return Conv2D(filters, {kernel, kernel},
                {.strides = {step, step},
                 .padding = "same",
                 .use_bias = false,
                 .kernel_initializer = mbconv_kernels(),
                 .name = name})(x);
}

Tensor swished(const Tensor& x, const std::string& name) { return Activation("swish", {.name = name})(x); }

Tensor excited(const Tensor& x, int64_t filters, const std::string& name) {
  const int64_t channels = x.shape()[-1];
  Tensor share = GlobalAveragePooling2D({.name = name + "se_squeeze"})(x);
  share = Reshape({1, 1, channels}, {.name = name + "se_reshape"})(share);
  share = Conv2D(filters, {1, 1},
                 {.padding = "same",
                  .activation = "swish",
                  .kernel_initializer = mbconv_kernels(),
                  .name = name + "se_reduce"})(share);
  share = Conv2D(channels, {1, 1},
                 {.padding = "same",
                  .activation = "sigmoid",
                  .kernel_initializer = mbconv_kernels(),
                  .name = name + "se_expand"})(share);
  return Multiply({.name = name + "se_excite"})({x, share});
}

Tensor added(const Tensor& x, const Tensor& given, double rate, const std::string& name) {
  const Tensor some = rate > 0 ? Dropout(rate, {.noise_shape = {-1, 1, 1, 1}, .name = name + "drop"})(x) : x;
  return Add({.name = name + "add"})({some, given});
}

int64_t as_wide(int64_t filters, double width) {
  return divisible_by_8(static_cast<double>(filters) * width);
}

}  // namespace lamina::detail
