// Costs follow from shapes, weights and the records of ops, so that a new layer needs no line here.
#include "lamina/nn/cost.h"

#include <algorithm>
#include <cmath>

#include "lamina/core/flops.h"
#include "lamina/core/needs_values.h"
#include "lamina/core/trace.h"
#include "lamina/nn/detail/layer_state.h"

namespace lamina {
namespace {

// Elements of one sample: the batch axis is left out, unknown extents count as 1.
int64_t sample_size(const Shape& shape) {
  int64_t size = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) size *= std::max<int64_t>(1, shape[axis]);
  return size;
}

bool open(const Shape& shape) {
  for (int axis = 1; axis < shape.rank(); ++axis) {
    if (shape[axis] < 0) return true;
  }
  return false;
}

std::optional<int64_t> flops(const Layer& layer) {
  TensorSpecs inputs = layer.input_specs();
  int64_t batch = 1;
  for (TensorSpec& input : inputs) {
    if (open(input.shape)) return std::nullopt;
    if (input.shape.rank() > 0) batch = std::max(batch, input.shape[0]);  // the state of one is for so many
  }
  try {
    const detail::TracedFunction scope;
    const detail::TracedCall call = detail::traced_call(layer, inputs, 1);
    const Graph graph = detail::trace(call.outputs, call.inputs).graph;
    return std::llround(detail::flops(graph) / static_cast<double>(batch));
  } catch (const NeedsValues&) {
    return std::nullopt;  // what is computed follows from values
  } catch (const Unsupported&) {
    return std::nullopt;  // a loop that goes on until it ends
  }
}

}  // namespace

LayerCost layer_cost(const Layer& layer) {
  if (!layer.built())
    throw InvalidArgument("layer_cost: layer '" + layer.path() + "' is not built yet; build the model first");
  LayerCost cost;
  cost.parameters = layer.count_params();
  cost.flops = flops(layer);
  for (const TensorSpec& output : layer.output_specs()) cost.output_bytes += sample_size(output.shape) * 4;
  for (const WeightPtr& weight : layer.weights())
    cost.weight_bytes += static_cast<int64_t>(weight->type.bytes());
  return cost;
}

}  // namespace lamina
