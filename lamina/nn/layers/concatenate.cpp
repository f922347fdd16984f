// Concatenate.
#include "lamina/nn/layers/concatenate.h"

#include "lamina/nn/config.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {

Concatenate::Concatenate(const ConcatenateOptions& options)
    : KerasLayer<Concatenate, Merging>({options.name, options.trainable, options.dtype}),
      axis_(options.axis) {}

TensorSpecs Concatenate::compute_output_specs(const TensorSpecs& inputs) const {
  if (inputs.empty()) fail("expected a list of at least one input, received none");
  Shape output = inputs[0].shape;
  if (axis_ < -output.rank() || axis_ >= output.rank())
    fail("axis " + std::to_string(axis_) + " is no axis of inputs of shapes " + shapes_of(inputs));
  const int along = output.normalize(axis_);
  DType dtype = input_dtype(inputs[0].dtype);
  for (size_t i = 1; i < inputs.size(); ++i) {
    const Shape& shape = inputs[i].shape;
    bool matches = shape.rank() == output.rank();
    for (int axis = 0; matches && axis < output.rank(); ++axis) {
      const int64_t had = output[axis], has = shape[axis];
      if (axis == along) {
        output.set(axis, had < 0 || has < 0 ? -1 : had + has);
      } else {
        matches = had < 0 || has < 0 || had == has;
        if (had < 0) output.set(axis, has);
      }
    }
    if (!matches) {
      fail("inputs must have the same shape but for axis " + std::to_string(axis_) + ", received shapes " +
           shapes_of(inputs));
    }
    dtype = promote(dtype, input_dtype(inputs[i].dtype));
  }
  return {{output, dtype}};
}

std::vector<Tensor> Concatenate::forward(const LayerCall& call, CallContext&) const {
  return {merge(call.inputs)};
}

Tensor Concatenate::merge(const std::vector<Tensor>& inputs) const {
  DType dtype = inputs.at(0).dtype();
  for (const Tensor& input : inputs) dtype = promote(dtype, input.dtype());
  std::vector<Tensor> parts;
  for (const Tensor& input : inputs) parts.push_back(cast(input, dtype));
  return concatenate(parts, axis_);
}

std::vector<Tensor> Concatenate::compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const {
  bool some = false;
  for (const Tensor& mask : masks) some = some || mask.defined();
  if (!some) return {};
  std::vector<Tensor> parts;
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    // A tensor of falses in the input's shape, for inputs that are symbolic, too.
    const Tensor& x = call.inputs[i];
    const Tensor never = less(x, x);
    if (i >= masks.size() || !masks[i].defined()) {
      parts.push_back(logical_not(never));
    } else {
      Tensor mask = masks[i];
      if (mask.rank() < x.rank()) mask = logical_or(expand_dims(mask, -1), never);
      parts.push_back(mask);
    }
  }
  return {any(concatenate(parts, axis_), {-1})};
}

Json Concatenate::own_config() const { return Json::object({{"axis", axis_}}); }

namespace {

const bool concatenate_registered = register_layer("Concatenate", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Concatenate");
  ConcatenateOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.axis = static_cast<int>(reader.integer("axis", -1));
  reader.done();
  return std::make_shared<Concatenate>(options);
});

}  // namespace

}  // namespace lamina
