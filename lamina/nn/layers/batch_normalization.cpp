// BatchNormalization, in elementwise operations and two reductions that the engine fuses.
#include "lamina/nn/layers/batch_normalization.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {

BatchNormalization::BatchNormalization(const BatchNormalizationOptions& options)
    : Layer(options.name, options.trainable), options_(options) {
  require_initializer("beta_initializer", options.beta_initializer);
  require_initializer("gamma_initializer", options.gamma_initializer);
  require_initializer("moving_mean_initializer", options.moving_mean_initializer);
  require_initializer("moving_variance_initializer", options.moving_variance_initializer);
}

Shape BatchNormalization::compute_output_shape(const Shape& input) const {
  const int axis = options_.axis;
  if (axis < -input.rank() || axis >= input.rank() || input.normalize(axis) == 0) {
    fail("axis " + std::to_string(axis) + " is no channel axis of input of shape " + input.str());
  }
  if (input[axis] < 0) fail("axis " + std::to_string(axis) + " must be known, received shape " + input.str());
  if (moving_mean_ && input[axis] != moving_mean_->type.shape[0]) {
    fail("expected " + std::to_string(moving_mean_->type.shape[0]) + " channels, received shape " +
         input.str());
  }
  return input;
}

void BatchNormalization::create_weights(const Shape& input) {
  const Shape shape{input[options_.axis]};
  if (options_.scale) gamma_ = add_weight("gamma", shape, options_.gamma_initializer);
  if (options_.center) beta_ = add_weight("beta", shape, options_.beta_initializer);
  moving_mean_ = add_weight("moving_mean", shape, options_.moving_mean_initializer, false);
  moving_variance_ = add_weight("moving_variance", shape, options_.moving_variance_initializer, false);
}

Tensor BatchNormalization::call(const Tensor& x, CallContext& context) const {
  const int channels = x.shape().normalize(options_.axis);
  std::vector<int> axes;
  Shape along;  // a channel vector under a shape that broadcasts against x
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis != channels) axes.push_back(axis);
    along.push_back(axis == channels ? x.shape()[axis] : 1);
  }
  const auto spread = [&](const Tensor& vector) {
    return channels == x.rank() - 1 ? vector : reshape(vector, along);
  };

  Tensor mean = context.value(*moving_mean_);
  Tensor variance = context.value(*moving_variance_);
  Tensor centered;
  if (context.training && trainable()) {
    const double momentum = options_.momentum;
    const Tensor batch_mean = lamina::mean(x, axes);
    centered = x - spread(batch_mean);
    const Tensor batch_variance = lamina::mean(square(centered), axes);
    context.assign(*moving_mean_, mean * momentum + batch_mean * (1 - momentum));
    context.assign(*moving_variance_, variance * momentum + batch_variance * (1 - momentum));
    variance = batch_variance;
  } else {
    centered = x - spread(mean);
  }
  Tensor factor = rsqrt(variance + options_.epsilon);
  if (gamma_) factor = factor * context.value(*gamma_);
  const Tensor y = centered * spread(factor);
  return beta_ ? y + spread(context.value(*beta_)) : y;
}

Json BatchNormalization::own_config() const {
  return Json::object(
      {{"axis", options_.axis},
       {"momentum", options_.momentum},
       {"epsilon", options_.epsilon},
       {"center", options_.center},
       {"scale", options_.scale},
       {"beta_initializer", options_.beta_initializer.get()->serialize()},
       {"gamma_initializer", options_.gamma_initializer.get()->serialize()},
       {"moving_mean_initializer", options_.moving_mean_initializer.get()->serialize()},
       {"moving_variance_initializer", options_.moving_variance_initializer.get()->serialize()},
       {"beta_regularizer", nullptr},
       {"gamma_regularizer", nullptr},
       {"beta_constraint", nullptr},
       {"gamma_constraint", nullptr},
       {"synchronized", false},
       {"renorm", false},
       {"renorm_clipping", nullptr},
       {"renorm_momentum", 0.99}});
}

namespace {

const bool registered =
    register_layer("BatchNormalization", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "BatchNormalization");
      BatchNormalizationOptions options;
      reader.layer_arguments(options.name, options.trainable);
      // Keras 2 wrote the axis as a list of one.
      const Json* axis = config.find("axis");
      options.axis =
          static_cast<int>(axis && axis->is_list() && axis->size() == 1 ? reader.integers("axis")[0]
                                                                        : reader.integer("axis", -1));
      options.momentum = reader.number("momentum", 0.99);
      options.epsilon = reader.number("epsilon", 1e-3);
      options.center = reader.boolean("center", true);
      options.scale = reader.boolean("scale", true);
      options.beta_initializer = reader.initializer("beta_initializer", "zeros");
      options.gamma_initializer = reader.initializer("gamma_initializer", "ones");
      options.moving_mean_initializer = reader.initializer("moving_mean_initializer", "zeros");
      options.moving_variance_initializer = reader.initializer("moving_variance_initializer", "ones");
      reader.only_null({"beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint",
                        "renorm_clipping"});
      reader.only("synchronized", false);
      reader.only("renorm", false);
      reader.number("renorm_momentum", 0.99);
      reader.done();
      return std::make_shared<BatchNormalization>(options);
    });

}  // namespace

}  // namespace lamina
