// LayerScale, StochasticDepth, CustomScaleLayer.
#include "lamina/nn/layers/application_layers.h"

#include "lamina/nn/config.h"
#include "lamina/nn/detail/dropped.h"
#include "lamina/nn/initializers/constant.h"
#include "lamina/ops/binary.h"

namespace lamina {

LayerScale::LayerScale(double init_values, int64_t projection_dim, const ApplicationLayerOptions& options)
    : LayerOf<LayerScale>(options.name, options.trainable, options.dtype),
      init_values_(init_values),
      projection_dim_(projection_dim) {
  if (projection_dim < 1)
    fail("projection_dim must be at least 1, received " + std::to_string(projection_dim));
}

Shape LayerScale::compute_output_shape(const Shape& input) const {
  if (input.rank() < 1 || input[-1] != projection_dim_)
    fail("expected input with " + std::to_string(projection_dim_) +
         " channels (projection_dim), received shape " + input.str());
  return input;
}

void LayerScale::create_weights(const Shape&) {
  gamma_ = add_weight("gamma", {projection_dim_}, Constant(init_values_));
}

Tensor LayerScale::call(const Tensor& x, CallContext& context) const {
  return x * context.value(gamma_, compute_dtype());
}

Json LayerScale::own_config() const {
  return Json::object({{"init_values", init_values_}, {"projection_dim", projection_dim_}});
}

StochasticDepth::StochasticDepth(double drop_path_rate, const ApplicationLayerOptions& options)
    : LayerOf<StochasticDepth>(options.name, options.trainable, options.dtype),
      drop_path_rate_(drop_path_rate) {
  if (!(drop_path_rate >= 0 && drop_path_rate < 1))
    fail("drop_path_rate must be from 0 to below 1, received " + std::to_string(drop_path_rate));
}

Tensor StochasticDepth::call(const Tensor& x, CallContext& context) const {
  if (!context.training || drop_path_rate_ == 0) return x;
  Shape whole{x.shape()[0]};
  while (whole.rank() < x.rank()) whole.push_back(1);
  return detail::dropped(x, drop_path_rate_, context.random(), whole);
}

Json StochasticDepth::own_config() const { return Json::object({{"drop_path_rate", drop_path_rate_}}); }

CustomScaleLayer::CustomScaleLayer(double scale, const MergingOptions& options)
    : LayerOf<CustomScaleLayer, Merging>(options), scale_(scale) {}

TensorSpecs CustomScaleLayer::compute_output_specs(const TensorSpecs& inputs) const {
  return Merging::compute_output_specs(require_inputs(inputs, 2));
}

Tensor CustomScaleLayer::merge(const std::vector<Tensor>& inputs) const {
  return inputs[0] + inputs[1] * scale_;
}

Json CustomScaleLayer::own_config() const { return Json::object({{"scale", scale_}}); }

namespace {

template <class Layer_, class Options>
std::shared_ptr<Layer> read_application_layer(const Json& config, const char* class_name,
                                              Layer_ (*make)(ConfigReader& reader, const Options& options)) {
  ConfigReader reader(config, class_name);
  Options options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  Layer_ layer = make(reader, options);
  reader.done();
  return layer.share();
}

const bool application_layers_registered =
    register_layer("LayerScale",
                   [](const Json& config) {
                     return read_application_layer<LayerScale, ApplicationLayerOptions>(
                         config, "LayerScale",
                         [](ConfigReader& reader, const ApplicationLayerOptions& options) {
                           const double values = reader.number("init_values");
                           return LayerScale(values, reader.integer("projection_dim"), options);
                         });
                   }) &&
    register_layer("StochasticDepth",
                   [](const Json& config) {
                     return read_application_layer<StochasticDepth, ApplicationLayerOptions>(
                         config, "StochasticDepth",
                         [](ConfigReader& reader, const ApplicationLayerOptions& options) {
                           return StochasticDepth(reader.number("drop_path_rate"), options);
                         });
                   }) &&
    register_layer("CustomScaleLayer", [](const Json& config) {
      return read_application_layer<CustomScaleLayer, MergingOptions>(
          config, "CustomScaleLayer", [](ConfigReader& reader, const MergingOptions& options) {
            return CustomScaleLayer(reader.number("scale"), options);
          });
    });

}  // namespace

}  // namespace lamina
