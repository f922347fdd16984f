// IdentityLayer.
#include "lamina/nn/layers/identity.h"

#include "lamina/nn/config.h"

namespace lamina {

IdentityLayer::IdentityLayer(const IdentityLayerOptions& options)
    : KerasLayer<IdentityLayer>(options.name, options.trainable, options.dtype) {}

namespace {

const bool identity_registered = register_layer("Identity", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Identity");
  IdentityLayerOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  reader.done();
  return std::make_shared<IdentityLayer>(options);
});

}  // namespace

}  // namespace lamina
