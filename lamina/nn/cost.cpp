// Costs follow from shapes and weights, so that a new layer needs no line here.
#include "lamina/nn/cost.h"

#include <algorithm>

namespace lamina {
namespace {

// Elements of one sample: the batch axis is left out, unknown extents count as 1.
int64_t sample_size(const Shape& shape) {
  int64_t size = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) size *= std::max<int64_t>(1, shape[axis]);
  return size;
}

}  // namespace

LayerCost layer_cost(const Layer& layer) {
  if (!layer.built())
    throw InvalidArgument("layer_cost: layer '" + layer.path() + "' is not built yet; build the model first");
  LayerCost cost;
  const int64_t outputs = sample_size(layer.output_shape());
  cost.parameters = layer.count_params();
  cost.output_bytes = outputs * 4;
  for (const WeightPtr& weight : layer.weights()) {
    const int64_t size = weight->type.shape.size();
    cost.weight_bytes += size * static_cast<int64_t>(size_of(weight->type.dtype));
    if (weight->name.find("kernel") != std::string::npos) {
      const int64_t channels = std::max<int64_t>(1, layer.output_shape()[-1]);
      cost.flops += 2 * size * (outputs / channels);
    } else if (weight->name == "bias") {
      cost.flops += outputs;
    }
  }
  const std::string type = layer.class_name();
  const bool free = type == "InputLayer" || type == "Flatten" || type == "Reshape" || type == "Dropout";
  if (cost.flops == 0 && !free) cost.flops = std::max(sample_size(layer.input_shape()), outputs);
  return cost;
}

}  // namespace lamina
