// UnitNormalization.
#include "lamina/nn/layers/unit_normalization.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {

UnitNormalization::UnitNormalization(const UnitNormalizationOptions& options)
    : KerasLayer<UnitNormalization>(options.name, options.trainable, options.dtype), axis_(options.axis) {}

Shape UnitNormalization::compute_output_shape(const Shape& input) const {
  for (const int axis : axis_.axes) {
    if (axis < -input.rank() || axis >= input.rank())
      fail("axis " + std::to_string(axis) + " is no axis of input of shape " + input.str());
  }
  return input;
}

Tensor UnitNormalization::call(const Tensor& x, CallContext&) const {
  // As the square root of a sum: 1e-24 is the square of the smallest length that counts.
  return x * rsqrt(maximum(sum(square(x), axis_.axes, true), 1e-24));
}

Json UnitNormalization::own_config() const {
  if (!axis_.list) return Json::object({{"axis", axis_.axes.at(0)}});
  Json axes = Json::list();
  for (const int axis : axis_.axes) axes.push_back(axis);
  return Json::object({{"axis", axes}});
}

namespace {

const bool unit_normalization_registered = register_layer("UnitNormalization", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "UnitNormalization");
  UnitNormalizationOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  if (reader.json("axis").is_list()) {
    options.axis.list = true;
    options.axis.axes.clear();
    for (const int64_t axis : reader.integers("axis")) options.axis.axes.push_back(static_cast<int>(axis));
  } else {
    options.axis = static_cast<int>(reader.integer("axis", -1));
  }
  reader.done();
  return std::make_shared<UnitNormalization>(options);
});

}  // namespace

}  // namespace lamina
