// Activation.
#include "lamina/nn/layers/activation.h"

#include "lamina/nn/activations/activation.h"
#include "lamina/nn/config.h"

namespace lamina {

Activation::Activation(const std::string& activation, const ActivationOptions& options)
    : KerasLayer<Activation>(options.name, true), activation_(find_activation(activation, *this).name) {}

Tensor Activation::call(const Tensor& x, CallContext&) const {
  return find_activation(activation_).function(x);
}

Json Activation::own_config() const { return Json::object({{"activation", activation_}}); }

namespace {

const bool activation_registered = register_layer("Activation", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Activation");
  ActivationOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  const std::string activation = reader.activation();
  reader.done();
  const auto layer = std::make_shared<Activation>(activation, options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
});

}  // namespace

}  // namespace lamina
