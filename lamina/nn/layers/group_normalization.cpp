// GroupNormalization.
#include "lamina/nn/layers/group_normalization.h"

#include <algorithm>

#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {

GroupNormalization::GroupNormalization(const GroupNormalizationOptions& options)
    : KerasLayer<GroupNormalization>(options.name, options.trainable, options.dtype), options_(options) {
  if (options.groups != -1 && options.groups < 1)
    fail("groups must be positive, or -1 for as many as channels, received " + std::to_string(options.groups));
  require_initializer("beta_initializer", options.beta_initializer);
  require_initializer("gamma_initializer", options.gamma_initializer);
}

Shape GroupNormalization::compute_output_shape(const Shape& input) const {
  const int axis = options_.axis;
  if (axis < -input.rank() || axis >= input.rank() || input.normalize(axis) == 0)
    fail("axis " + std::to_string(axis) + " is no axis of channels of input of shape " + input.str());
  const int64_t channels = input[axis];
  if (channels < 0) fail("the channel axis of the input must be known, received shape " + input.str());
  if (channels % groups_of(channels) != 0)
    fail("groups = " + std::to_string(options_.groups) + " must divide the channels, received shape " + input.str());
  const WeightPtr& weight = gamma_ ? gamma_ : beta_;
  if (weight && channels != weight->type.shape[0])
    fail("expected " + std::to_string(weight->type.shape[0]) + " channels, received shape " + input.str());
  return input;
}

void GroupNormalization::create_weights(const Shape& input) {
  const Shape shape{input[options_.axis]};
  if (options_.scale)
    gamma_ = add_weight("gamma", shape, options_.gamma_initializer,
                        detail::weight_options(options_.gamma_regularizer, options_.gamma_constraint));
  if (options_.center)
    beta_ = add_weight("beta", shape, options_.beta_initializer,
                       detail::weight_options(options_.beta_regularizer, options_.beta_constraint));
}

Tensor GroupNormalization::call(const Tensor& input, CallContext& context) const {
  const DType dtype = promote(input.dtype(), DType::kFloat32);
  const Tensor x = cast(input, dtype);
  const int axis = x.shape().normalize(options_.axis);
  const int64_t channels = x.shape()[axis], groups = groups_of(channels);
  // The channels become two axes, groups and what is in one.
  Shape split, along;
  std::vector<int> axes;
  for (int i = 0; i < x.rank(); ++i) {
    if (i == axis) {
      split.push_back(groups);
      split.push_back(channels / groups);
      along.push_back(groups);
      along.push_back(channels / groups);
    } else {
      split.push_back(x.shape()[i]);
      along.push_back(1);
    }
  }
  for (int i = 1; i < split.rank(); ++i) {
    if (i != axis) axes.push_back(i);
  }
  const Tensor parts = reshape(x, split);
  const Tensor centered = parts - mean(parts, axes, true);
  Tensor y = centered * rsqrt(mean(square(centered), axes, true) + options_.epsilon);
  if (gamma_) y = y * reshape(context.value(gamma_, dtype), along);
  if (beta_) y = y + reshape(context.value(beta_, dtype), along);
  return cast(reshape(y, x.shape()), compute_dtype());
}

Json GroupNormalization::own_config() const {
  return Json::object({{"groups", options_.groups},
                       {"axis", options_.axis},
                       {"epsilon", options_.epsilon},
                       {"center", options_.center},
                       {"scale", options_.scale},
                       {"beta_initializer", detail::choice_json(options_.beta_initializer)},
                       {"gamma_initializer", detail::choice_json(options_.gamma_initializer)},
                       {"beta_regularizer", detail::choice_json(options_.beta_regularizer)},
                       {"gamma_regularizer", detail::choice_json(options_.gamma_regularizer)},
                       {"beta_constraint", detail::choice_json(options_.beta_constraint)},
                       {"gamma_constraint", detail::choice_json(options_.gamma_constraint)}});
}

namespace {

const bool group_normalization_registered = register_layer("GroupNormalization", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "GroupNormalization");
  GroupNormalizationOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.groups = reader.integer("groups", 32);
  options.axis = static_cast<int>(reader.integer("axis", -1));
  options.epsilon = reader.number("epsilon", 1e-3);
  options.center = reader.boolean("center", true);
  options.scale = reader.boolean("scale", true);
  options.beta_initializer = reader.initializer("beta_initializer", "zeros");
  options.gamma_initializer = reader.initializer("gamma_initializer", "ones");
  options.beta_regularizer = reader.regularizer("beta_regularizer");
  options.gamma_regularizer = reader.regularizer("gamma_regularizer");
  options.beta_constraint = reader.constraint("beta_constraint");
  options.gamma_constraint = reader.constraint("gamma_constraint");
  reader.done();
  return std::make_shared<GroupNormalization>(options);
});

}  // namespace

}  // namespace lamina
