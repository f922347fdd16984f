// GlobalMaxPooling2D.
#include "lamina/nn/layers/global_max_pooling2d.h"

#include "lamina/nn/config.h"
#include "lamina/ops/reduce.h"

namespace lamina {

GlobalMaxPooling2D::GlobalMaxPooling2D(const GlobalPooling2DOptions& options)
    : KerasLayer<GlobalMaxPooling2D>(options.name, true), keepdims_(options.keepdims) {}

Shape GlobalMaxPooling2D::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return keepdims_ ? Shape{input[0], 1, 1, input[3]} : Shape{input[0], input[3]};
}

Tensor GlobalMaxPooling2D::call(const Tensor& x, CallContext&) const { return max(x, {1, 2}, keepdims_); }

Json GlobalMaxPooling2D::own_config() const {
  return Json::object({{"data_format", "channels_last"}, {"keepdims", keepdims_}});
}

namespace {

const bool global_max_pooling2d_registered =
    register_layer("GlobalMaxPooling2D", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "GlobalMaxPooling2D");
      GlobalPooling2DOptions options;
      bool trainable = true;
      std::string dtype;
      reader.layer_arguments(options.name, trainable, &dtype);
      options.keepdims = reader.boolean("keepdims", false);
      reader.only("data_format", "channels_last");
      reader.done();
      auto layer = std::make_shared<GlobalMaxPooling2D>(options);
      if (!dtype.empty()) layer->set_dtype_policy(dtype);
      return layer;
    });

}  // namespace

}  // namespace lamina
