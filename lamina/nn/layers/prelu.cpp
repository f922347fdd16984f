// PReLU.
#include "lamina/nn/layers/prelu.h"

#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {

PReLU::PReLU(const PReLUOptions& options)
    : KerasLayer<PReLU>(options.name, options.trainable, options.dtype), options_(options) {
  require_initializer("alpha_initializer", options.alpha_initializer);
  for (const int64_t axis : options.shared_axes) {
    if (axis < 1) fail("shared_axes must be 1 or more, received " + std::to_string(axis));
  }
}

Shape PReLU::alpha_shape(const Shape& input) const {
  if (input.rank() < 2) fail("expected input of rank 2 or more, (batch, ...), received shape " + input.str());
  Shape shape;
  for (int axis = 1; axis < input.rank(); ++axis) shape.push_back(input[axis]);
  for (const int64_t axis : options_.shared_axes) {
    if (axis >= input.rank()) {
      fail("shared axis " + std::to_string(axis) + " is no axis of input of shape " + input.str());
    }
    shape.set(static_cast<int>(axis) - 1, 1);
  }
  return shape;
}

Shape PReLU::compute_output_shape(const Shape& input) const {
  const Shape shape = alpha_shape(input);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] < 0) {
      fail("axis " + std::to_string(axis + 1) + " must be known, or among shared_axes, received shape " +
           input.str());
    }
  }
  if (alpha_ && shape != alpha_->type.shape) {
    fail("expected input whose alpha has shape " + alpha_->type.shape.str() + ", received shape " +
         input.str());
  }
  return input;
}

void PReLU::create_weights(const Shape& input) {
  alpha_ = add_weight("alpha", alpha_shape(input), options_.alpha_initializer,
                      detail::weight_options(options_.alpha_regularizer, options_.alpha_constraint));
}

Tensor PReLU::call(const Tensor& x, CallContext& context) const {
  return relu(x) - context.value(alpha_, compute_dtype()) * relu(-x);
}

Json PReLU::own_config() const {
  Json axes;
  if (!options_.shared_axes.empty()) {
    axes = Json::list();
    for (const int64_t axis : options_.shared_axes) axes.push_back(axis);
  }
  return Json::object({{"alpha_initializer", detail::choice_json(options_.alpha_initializer)},
                       {"alpha_regularizer", detail::choice_json(options_.alpha_regularizer)},
                       {"alpha_constraint", detail::choice_json(options_.alpha_constraint)},
                       {"shared_axes", axes}});
}

namespace {

const bool prelu_registered = register_layer("PReLU", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "PReLU");
  PReLUOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.alpha_initializer = reader.initializer("alpha_initializer", "zeros");
  options.alpha_regularizer = reader.regularizer("alpha_regularizer");
  options.alpha_constraint = reader.constraint("alpha_constraint");
  if (!reader.json("shared_axes").is_null()) options.shared_axes = reader.integers("shared_axes");
  reader.done();
  return std::make_shared<PReLU>(options);
});

}  // namespace

}  // namespace lamina
