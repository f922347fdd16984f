// BatchNormalization: one op for the batch's own moments; under a mask and with the moving ones smaller ops,
// which the engine fuses.
#include "lamina/nn/layers/batch_normalization.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/batch_normalization.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {

BatchNormalization::BatchNormalization(const BatchNormalizationOptions& options)
    : KerasLayer<BatchNormalization>(options.name, options.trainable, options.dtype), options_(options) {
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
  if (options_.scale) {
    gamma_ = add_weight("gamma", shape, options_.gamma_initializer,
                        detail::weight_options(options_.gamma_regularizer, options_.gamma_constraint));
  }
  if (options_.center) {
    beta_ = add_weight("beta", shape, options_.beta_initializer,
                       detail::weight_options(options_.beta_regularizer, options_.beta_constraint));
  }
  moving_mean_ = add_weight("moving_mean", shape, options_.moving_mean_initializer, false);
  moving_variance_ = add_weight("moving_variance", shape, options_.moving_variance_initializer, false);
}

Tensor BatchNormalization::call(const Tensor& x, CallContext& context) const {
  return normalize(x, {}, context);
}

std::vector<Tensor> BatchNormalization::forward(const LayerCall& call, CallContext& context) const {
  return {normalize(call.inputs.at(0), call.mask(), context)};
}

namespace {

struct Moments {
  Tensor mean, centered, variance;
};

// Of the places where the mask, which lacks the last axis, holds. As in Keras a small number keeps the
// quotients finite where it holds nowhere. `spread` gives a vector of channels a shape that broadcasts
// against x.
template <class Spread>
Moments masked_moments(const Tensor& x, const Tensor& mask, const std::vector<int>& axes,
                       const Spread& spread) {
  constexpr double kTiny = 1e-7;
  const Tensor counts = broadcast_to(expand_dims(cast(mask, DType::kBool), -1), x.shape());
  const Tensor number = sum(cast(counts, x.dtype()), axes) + kTiny;
  const Tensor mean = sum(where(counts, x, 0.0), axes) / number;
  const Tensor centered = x - spread(mean);
  return {mean, centered, sum(square(where(counts, centered, 0.0)), axes) / number};
}

}  // namespace

Tensor BatchNormalization::normalize(const Tensor& input, const Tensor& mask, CallContext& context) const {
  if (mask.defined() && mask.rank() != input.rank() - 1) {
    fail("the mask must have one axis less than the input, received " + mask.shape().str() + " for input " +
         input.shape().str());
  }
  for (int axis = 0; mask.defined() && axis < mask.rank(); ++axis) {
    const int64_t extent = mask.shape()[axis];
    if (extent == input.shape()[axis] || extent == 1) continue;
    fail("the mask must fit the input but for its last axis, received a mask of shape " + mask.shape().str() +
         " for input of shape " + input.shape().str());
  }
  const DType dtype = promote(input.dtype(), DType::kFloat32);
  const Tensor x = cast(input, dtype);
  const int channels = x.shape().normalize(options_.axis);
  std::vector<int> axes;
  Shape along;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis != channels) axes.push_back(axis);
    along.push_back(axis == channels ? x.shape()[axis] : 1);
  }
  const auto spread = [&](const Tensor& vector) {
    return channels == x.rank() - 1 ? vector : reshape(vector, along);
  };

  const Tensor mean = context.value(moving_mean_, dtype);
  Tensor variance = context.value(moving_variance_, dtype);
  const auto move = [&](const Tensor& batch_mean, const Tensor& batch_variance) {
    const double momentum = options_.momentum;
    const auto update = [&](const WeightPtr& weight, const Tensor& old, const Tensor& now) {
      context.assign(weight, cast(old * momentum + now * (1 - momentum), weight->type.dtype));
    };
    update(moving_mean_, mean, batch_mean);
    update(moving_variance_, variance, batch_variance);
  };
  const bool training = context.training && context.trainable(*this);
  if (training && !mask.defined()) {
    const Shape vector{x.shape()[channels]};
    const NormalizedBatch batch = normalize_batch(
        x, gamma_ ? context.value(gamma_, dtype) : ones(vector, dtype),
        beta_ ? context.value(beta_, dtype) : zeros(vector, dtype), channels, options_.epsilon);
    move(batch.mean, batch.variance);
    return cast(batch.y, compute_dtype());
  }
  Tensor centered;
  if (training) {
    const Moments batch = masked_moments(x, mask, axes, spread);
    move(batch.mean, batch.variance);
    centered = batch.centered;
    variance = batch.variance;
  } else {
    centered = x - spread(mean);
  }
  Tensor factor = rsqrt(variance + options_.epsilon);
  if (gamma_) factor = factor * context.value(gamma_, dtype);
  Tensor y = centered * spread(factor);
  if (beta_) y = y + spread(context.value(beta_, dtype));
  return cast(y, compute_dtype());
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
       {"beta_regularizer", detail::choice_json(options_.beta_regularizer)},
       {"gamma_regularizer", detail::choice_json(options_.gamma_regularizer)},
       {"beta_constraint", detail::choice_json(options_.beta_constraint)},
       {"gamma_constraint", detail::choice_json(options_.gamma_constraint)},
       {"synchronized", options_.synchronized},
       {"renorm", false},
       {"renorm_clipping", nullptr},
       {"renorm_momentum", 0.99}});
}

namespace {

const bool batch_normalization_registered =
    register_layer("BatchNormalization", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "BatchNormalization");
      BatchNormalizationOptions options;
      reader.layer_arguments(options.name, options.trainable, &options.dtype);
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
      options.beta_regularizer = reader.regularizer("beta_regularizer");
      options.gamma_regularizer = reader.regularizer("gamma_regularizer");
      options.beta_constraint = reader.constraint("beta_constraint");
      options.gamma_constraint = reader.constraint("gamma_constraint");
      reader.only_null({"renorm_clipping"});
      options.synchronized = reader.boolean("synchronized", false);
      reader.only("renorm", false);
      reader.number("renorm_momentum", 0.99);
      reader.done();
      return std::make_shared<BatchNormalization>(options);
    });

}  // namespace

}  // namespace lamina
