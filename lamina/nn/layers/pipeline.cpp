// Pipeline: what goes from layer to layer.
#include "lamina/nn/layers/pipeline.h"

#include <algorithm>

#include "lamina/nn/config.h"

namespace lamina {

Pipeline::Pipeline(const std::vector<AnyLayer>& layers, const PipelineOptions& options)
    : KerasLayer<Pipeline>(options.name, options.trainable, options.dtype) {
  if (layers.empty()) fail("needs at least one layer");
  for (const AnyLayer& layer : layers) layers_.push_back(layer.get());
  track_list("layers", layers_);
  if (!options.trainable) set_trainable(false);
}

TensorSpecs Pipeline::compute_output_specs(const TensorSpecs& inputs) const {
  TensorSpecs specs = {require_inputs(inputs, 1)[0]};
  for (const auto& layer : layers_) {
    specs = layer->compute_output_specs(specs);
    if (specs.size() != 1)
      fail("its layers must give one output, but '" + layer->name() + "' gives " +
           std::to_string(specs.size()));
  }
  return specs;
}

void Pipeline::create_weights_for(const TensorSpecs& inputs) {
  TensorSpecs specs = inputs;
  for (const auto& layer : layers_) {
    build_sublayer(*layer, specs);
    specs = layer->compute_output_specs(specs);
  }
}

Tensor Pipeline::call(const Tensor& x, CallContext& context) const {
  return forward(LayerCall{{x}}, context).at(0);
}

std::vector<Tensor> Pipeline::forward(const LayerCall& call, CallContext& context) const {
  Tensor x = call.inputs.at(0), mask = call.mask();
  for (const auto& layer : layers_) {
    LayerCall inner{{x}};
    if (layer->takes_mask() && mask.defined()) inner.set("mask", {mask});
    if (mask.defined()) mask = layer->compute_mask(inner, {mask}).at(0);
    x = layer->outputs(std::move(inner), context).at(0);
  }
  return {x};
}

bool Pipeline::keeps_values() const {
  return std::all_of(layers_.begin(), layers_.end(), [](const auto& layer) { return layer->keeps_values(); });
}

// Behind layers that keep values: what scales what was computed elsewhere says nothing of pictures.
bool Pipeline::rescales() const {
  const auto first =
      std::find_if(layers_.begin(), layers_.end(), [](const auto& layer) { return !layer->keeps_values(); });
  return first != layers_.end() && (*first)->rescales();
}

bool Pipeline::supports_masking() const {
  return std::all_of(layers_.begin(), layers_.end(),
                     [](const auto& layer) { return layer->supports_masking(); });
}

bool Pipeline::has_weights() const {
  return std::any_of(layers_.begin(), layers_.end(), [](const auto& layer) { return layer->has_weights(); });
}

Json Pipeline::config() const {
  Json layers = Json::list();
  for (const auto& layer : layers_) layers.push_back(layer->serialize());
  return Json::object({{"layers", layers}, {"name", name()}});
}

namespace {

const bool pipeline_registered = register_layer("Pipeline", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Pipeline");
  PipelineOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  std::vector<AnyLayer> layers;
  for (const auto& layer : reader.layers("layers")) layers.emplace_back(layer);
  reader.done();
  return std::make_shared<Pipeline>(layers, options);
});

}  // namespace

}  // namespace lamina
