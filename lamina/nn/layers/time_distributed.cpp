// TimeDistributed: time as part of the batch where samples do not meet, and else step by step.
#include "lamina/nn/layers/time_distributed.h"

#include <algorithm>

#include "lamina/nn/config.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

Shape without_time(const Shape& shape) {
  Shape result;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axis != 1) result.push_back(shape[axis]);
  }
  return result;
}

// (batch, time, ...) as (batch * time, ...)
Tensor merged(const Tensor& x) {
  Shape shape = without_time(x.shape());
  shape.set(0, x.shape()[0] * x.shape()[1]);
  return reshape(x, shape);
}

Tensor step_of(const Tensor& x, int64_t step) { return index(x, {Slice{}, step}); }

}  // namespace

TimeDistributed::TimeDistributed(const AnyLayer& layer, const TimeDistributedOptions& options)
    : KerasLayer<TimeDistributed>(options.name, options.trainable, options.dtype), layer_(layer.get()) {
  // Keras calls the layer without its casts, in what this one computes in.
  if (layer_->dtype_policy() != dtype_policy() && detail::LayerState::of(*layer_).policy_given) {
    if (layer_->variable_dtype() != variable_dtype())
      fail("has the dtype " + dtype_policy() + ", and its layer '" + layer_->name() + "' keeps weights in " +
           lamina::name(layer_->variable_dtype()) + "; give both the same");
    detail::LayerState::of(*layer_).policy_given = false;
  }
  track("layer", layer_);
  if (!options.trainable) set_trainable(false);
}

TensorSpecs TimeDistributed::compute_output_specs(const TensorSpecs& inputs) const {
  const TensorSpec& input = require_inputs(inputs, 1)[0];
  if (input.shape.rank() < 3) {
    fail("expected input of rank 3 or more, (batch, time, ...), received shape " + input.shape.str());
  }
  TensorSpecs outputs = layer_->compute_output_specs({{without_time(input.shape), input.dtype}});
  if (outputs.size() != 1) {
    fail("the layer inside must give one output, but '" + layer_->name() + "' gives " +
         std::to_string(outputs.size()));
  }
  Shape shape{input.shape[0], input.shape[1]};
  for (int axis = 1; axis < outputs[0].shape.rank(); ++axis) shape.push_back(outputs[0].shape[axis]);
  outputs[0].shape = shape;
  return outputs;
}

void TimeDistributed::create_weights_for(const TensorSpecs& inputs) {
  build_sublayer(*layer_, {{without_time(inputs.at(0).shape), inputs.at(0).dtype}});
}

Tensor TimeDistributed::call(const Tensor& x, CallContext& context) const {
  return forward(LayerCall{{x}}, context).at(0);
}

std::vector<Tensor> TimeDistributed::forward(const LayerCall& call, CallContext& context) const {
  const Tensor& x = call.inputs.at(0);
  const Tensor mask = call.mask();
  const int64_t batch = x.shape()[0], steps = x.shape()[1];
  if (mask.defined() && (mask.rank() < 2 || mask.shape()[0] != batch || mask.shape()[1] != steps)) {
    fail("mask must have a shape that begins with " + Shape{batch, steps}.str() + ", received " +
         mask.shape().str());
  }
  const auto apply = [&](const Tensor& input, const Tensor& input_mask) {
    LayerCall inner{{input}};
    if (layer_->takes_mask() && input_mask.defined()) inner.set("mask", {input_mask});
    return layer_->outputs(std::move(inner), context).at(0);
  };
  // A layer that changes weights in its call, like BatchNormalization, looks at each step's batch alone.
  const std::vector<WeightPtr> weights = layer_->weights();
  const bool step_by_step =
      std::any_of(weights.begin(), weights.end(), [](const WeightPtr& weight) { return !weight->trainable; });
  if (!step_by_step) {
    const Tensor y = apply(merged(x), mask.defined() ? merged(mask) : Tensor());
    Shape shape{batch, steps};
    for (int axis = 1; axis < y.rank(); ++axis) shape.push_back(y.shape()[axis]);
    return {reshape(y, shape)};
  }
  std::vector<Tensor> outputs;
  for (int64_t step = 0; step < steps; ++step)
    outputs.push_back(apply(step_of(x, step), mask.defined() ? step_of(mask, step) : Tensor()));
  return {stack(outputs, 1)};
}

Json TimeDistributed::own_config() const { return Json::object({{"layer", layer_->serialize()}}); }

namespace {

const bool time_distributed_registered = register_layer("TimeDistributed", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "TimeDistributed");
  TimeDistributedOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const AnyLayer layer(reader.layer("layer"));
  reader.done();
  return std::make_shared<TimeDistributed>(layer, options);
});

}  // namespace

}  // namespace lamina
