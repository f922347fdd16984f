// RMSNormalization.
#include "lamina/nn/layers/rms_normalization.h"

#include <algorithm>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {

RMSNormalization::RMSNormalization(const RMSNormalizationOptions& options)
    : KerasLayer<RMSNormalization>(options.name, options.trainable, options.dtype), options_(options) {
  if (options.axis.axes.empty()) fail("axis is an empty list; name the axes to normalise");
}

Shape RMSNormalization::compute_output_shape(const Shape& input) const {
  for (const int axis : options_.axis.axes) {
    if (axis < -input.rank() || axis >= input.rank())
      fail("axis " + std::to_string(axis) + " is no axis of input of shape " + input.str());
    if (input[axis] < 0) fail("normalised axes must be known, received shape " + input.str());
  }
  return input;
}

void RMSNormalization::create_weights(const Shape& input) {
  Shape shape;
  for (const int axis : options_.axis.axes) shape.push_back(input[axis]);
  scale_ = add_weight("scale", shape, "ones");
}

Tensor RMSNormalization::call(const Tensor& input, CallContext& context) const {
  const DType dtype = promote(input.dtype(), DType::kFloat32);
  const Tensor x = cast(input, dtype);
  Shape along;
  for (int i = 0; i < x.rank(); ++i) along.push_back(1);
  for (const int axis : options_.axis.axes) along.set(x.shape().normalize(axis), x.shape()[axis]);
  const Tensor y = x * rsqrt(mean(square(x), options_.axis.axes, true) + options_.epsilon);
  return cast(y * reshape(context.value(scale_, dtype), along), compute_dtype());
}

Json RMSNormalization::own_config() const {
  Json axis = options_.axis.axes[0];
  if (options_.axis.list) {
    axis = Json::list();
    for (const int each : options_.axis.axes) axis.push_back(each);
  }
  return Json::object({{"axis", axis}, {"epsilon", options_.epsilon}});
}

namespace {

const bool rms_normalization_registered = register_layer("RMSNormalization", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RMSNormalization");
  RMSNormalizationOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  if (reader.json("axis").is_list()) {
    options.axis.list = true;
    options.axis.axes.clear();
    for (const int64_t axis : reader.integers("axis")) options.axis.axes.push_back(static_cast<int>(axis));
  } else {
    options.axis = static_cast<int>(reader.integer("axis", -1));
  }
  options.epsilon = reader.number("epsilon", 1e-6);
  reader.done();
  return std::make_shared<RMSNormalization>(options);
});

}  // namespace

}  // namespace lamina
