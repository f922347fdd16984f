// LeakyReLU.
#include "lamina/nn/layers/leaky_relu.h"

#include "lamina/nn/config.h"
#include "lamina/ops/activations.h"

namespace lamina {

LeakyReLU::LeakyReLU(const LeakyReLUOptions& options)
    : KerasLayer<LeakyReLU>(options.name, options.trainable, options.dtype),
      negative_slope_(options.negative_slope) {
  if (!(negative_slope_ >= 0))
    fail("negative_slope must not be negative, received " + std::to_string(negative_slope_));
}

Tensor LeakyReLU::call(const Tensor& x, CallContext&) const { return leaky_relu(x, negative_slope_); }

Json LeakyReLU::own_config() const { return Json::object({{"negative_slope", negative_slope_}}); }

namespace {

const bool leaky_relu_registered = register_layer("LeakyReLU", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "LeakyReLU");
  LeakyReLUOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.negative_slope =
      reader.number("negative_slope", reader.number("alpha", 0.3));  // as Keras 2 called it
  reader.done();
  return std::make_shared<LeakyReLU>(options);
});

}  // namespace

}  // namespace lamina
