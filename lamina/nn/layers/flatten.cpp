// Flatten.
#include "lamina/nn/layers/flatten.h"

#include "lamina/nn/config.h"
#include "lamina/ops/reshape.h"

namespace lamina {

Flatten::Flatten(const FlattenOptions& options) : KerasLayer<Flatten>(options.name, true) {}

Shape Flatten::compute_output_shape(const Shape& input) const {
  if (input.rank() < 1) fail("expected input with a batch axis, received shape " + input.str());
  int64_t size = 1;
  for (int axis = 1; axis < input.rank(); ++axis) {
    if (input[axis] < 0) return {input[0], -1};
    size *= input[axis];
  }
  return {input[0], size};
}

Tensor Flatten::call(const Tensor& x, CallContext&) const {
  return reshape(x, compute_output_shape(x.shape()));
}

Json Flatten::own_config() const { return Json::object({{"data_format", "channels_last"}}); }

namespace {

const bool flatten_registered = register_layer("Flatten", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Flatten");
  FlattenOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  reader.only("data_format", "channels_last");
  reader.done();
  const auto layer = std::make_shared<Flatten>(options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
});

}  // namespace

}  // namespace lamina
