// GlobalAveragePooling2D.
#include "lamina/nn/layers/global_average_pooling2d.h"

#include "lamina/nn/config.h"
#include "lamina/ops/reduce.h"

namespace lamina {

GlobalAveragePooling2D::GlobalAveragePooling2D(const GlobalPooling2DOptions& options)
    : KerasLayer<GlobalAveragePooling2D>(options.name, true), keepdims_(options.keepdims) {}

Shape GlobalAveragePooling2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return keepdims_ ? Shape{input[0], 1, 1, input[3]} : Shape{input[0], input[3]};
}

Tensor GlobalAveragePooling2D::call(const Tensor& x, CallContext&) const {
  return mean(x, {1, 2}, keepdims_);
}

Json GlobalAveragePooling2D::own_config() const {
  return Json::object({{"data_format", "channels_last"}, {"keepdims", keepdims_}});
}

namespace {

const bool global_average_pooling2d_registered =
    register_layer("GlobalAveragePooling2D", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "GlobalAveragePooling2D");
      GlobalPooling2DOptions options;
      bool trainable = true;
      std::string dtype;
      reader.layer_arguments(options.name, trainable, &dtype);
      options.keepdims = reader.boolean("keepdims", false);
      reader.only("data_format", "channels_last");
      reader.done();
      const auto layer = std::make_shared<GlobalAveragePooling2D>(options);
      if (!dtype.empty()) layer->set_dtype_policy(dtype);
      return layer;
    });

}  // namespace

}  // namespace lamina
