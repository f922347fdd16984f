// BatchNormalization: one op for the batch's own moments; under a mask and with the moving ones smaller ops,
// which the engine fuses.
#include "lamina/nn/layers/batch_normalization.h"

#include <cmath>

#include "lamina/core/grad.h"
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

namespace {

/// The roots of what another initialiser gives.
class Root final : public Initializer {
 public:
  explicit Root(const Choice<Initializer>& of) : of_(of) {}
  std::string class_name() const override { return "Root"; }
  Json config() const override { return Json::object({{"of", of_.get()->serialize()}}); }
  Tensor operator()(const TensorType& type, uint64_t seed, int stream) const override {
    return sqrt((*of_.get())(type, seed, stream));
  }

 private:
  Choice<Initializer> of_;
};

Json clipping_json(const BatchNormalizationOptions& options) {
  const RenormClipping& clipping = options.renorm_clipping;
  Json json = Json::object();
  const auto set = [&](const char* name, const std::optional<double>& bound) {
    if (bound) json[name] = *bound;
  };
  set("rmin", clipping.rmin);
  set("rmax", clipping.rmax);
  set("dmax", clipping.dmax);
  return options.renorm || json.size() > 0 ? json : Json();
}

}  // namespace

BatchNormalization::BatchNormalization(const BatchNormalizationOptions& options)
    : KerasLayer<BatchNormalization>(options.name, options.trainable, options.dtype), options_(options) {
  require_initializer("beta_initializer", options.beta_initializer);
  require_initializer("gamma_initializer", options.gamma_initializer);
  require_initializer("moving_mean_initializer", options.moving_mean_initializer);
  require_initializer("moving_variance_initializer", options.moving_variance_initializer);
  const auto& [rmin, rmax, dmax] = options.renorm_clipping;
  if (rmin && rmax && *rmin > *rmax) fail("rmin of renorm_clipping must not be above rmax");
  if (dmax && !(*dmax >= 0)) fail("dmax of renorm_clipping must not be negative");
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
  if (!options_.renorm) return;
  const Choice<Initializer> root = Root(options_.moving_variance_initializer);
  moving_stddev_ = add_weight("moving_stddev", shape, root, false);
  renorm_mean_ = add_weight("renorm_mean", shape, options_.moving_mean_initializer, false);
  renorm_stddev_ = add_weight("renorm_stddev", shape, root, false);
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

// Of the places where the mask, which lacks the last axis, holds; of all without one. As in Keras a small
// number keeps the quotients finite where it holds nowhere. `spread` gives a vector of channels a shape that
// broadcasts against x.
template <class Spread>
Moments moments_of(const Tensor& x, const Tensor& mask, const std::vector<int>& axes, const Spread& spread) {
  if (!mask.defined()) {
    const Tensor average = mean(x, axes), centered = x - spread(average);
    return {average, centered, mean(square(centered), axes)};
  }
  constexpr double kTiny = 1e-7;
  const Tensor counts = broadcast_to(expand_dims(cast(mask, DType::kBool), -1), x.shape());
  const Tensor number = sum(cast(counts, x.dtype()), axes) + kTiny;
  const Tensor average = sum(where(counts, x, 0.0), axes) / number;
  const Tensor centered = x - spread(average);
  return {average, centered, sum(square(where(counts, centered, 0.0)), axes) / number};
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

  const bool training = context.training && context.trainable(*this);
  const Tensor gamma = gamma_ ? context.value(gamma_, dtype) : Tensor();
  const Tensor beta = beta_ ? context.value(beta_, dtype) : Tensor();
  if (training && !mask.defined() && !options_.renorm) {
    const Shape vector{x.shape()[channels]};
    const NormalizedBatch batch =
        normalize_batch(x, gamma_ ? gamma : ones(vector, dtype), beta_ ? beta : zeros(vector, dtype),
                        channels, options_.epsilon);
    move(batch.mean, batch.variance, context);
    return cast(batch.y, compute_dtype());
  }
  Tensor centered, factor, shift = beta;
  if (training) {
    const Moments batch = moments_of(x, mask, axes, spread);
    centered = batch.centered;
    factor = rsqrt(batch.variance + options_.epsilon);
    if (options_.renorm) {
      const auto [r, d] = renorm_correction(batch.mean, batch.variance, context);
      const Tensor moved = gamma_ ? d * gamma : d;
      factor = factor * r;
      shift = beta_ ? moved + beta : moved;
    }
    move(batch.mean, batch.variance, context);
  } else {
    centered = x - spread(context.value(moving_mean_, dtype));
    factor = rsqrt(context.value(moving_variance_, dtype) + options_.epsilon);
  }
  const Tensor y = centered * spread(gamma_ ? factor * gamma : factor);
  return cast(shift.defined() ? y + spread(shift) : y, compute_dtype());
}

// What makes a batch's results those of the moving moments, as constants: r and d of the paper.
std::pair<Tensor, Tensor> BatchNormalization::renorm_correction(const Tensor& mean, const Tensor& variance,
                                                                CallContext& context) const {
  const Tensor deviation = maximum(context.value(renorm_stddev_, mean.dtype()), std::sqrt(options_.epsilon));
  Tensor r = stop_gradient(sqrt(variance + options_.epsilon)) / deviation;
  Tensor d = (stop_gradient(mean) - context.value(renorm_mean_, mean.dtype())) / deviation;
  const auto& [rmin, rmax, dmax] = options_.renorm_clipping;
  if (rmin) r = maximum(r, *rmin);
  if (rmax) r = minimum(r, *rmax);
  if (dmax) d = clip(d, -*dmax, *dmax);
  return {r, d};
}

void BatchNormalization::move(const Tensor& mean, const Tensor& variance, CallContext& context) const {
  const auto towards = [&](const WeightPtr& weight, const Tensor& now, double momentum) {
    const Tensor moved = context.value(weight, now.dtype()) * momentum + now * (1 - momentum);
    context.assign(weight, cast(moved, weight->type.dtype));
    return moved;
  };
  towards(moving_mean_, mean, options_.momentum);
  if (!options_.renorm) {
    towards(moving_variance_, variance, options_.momentum);
    return;
  }
  const Tensor deviation = sqrt(variance + options_.epsilon);
  towards(renorm_mean_, mean, options_.renorm_momentum);
  towards(renorm_stddev_, deviation, options_.renorm_momentum);
  const Tensor moved = towards(moving_stddev_, deviation, options_.momentum);
  context.assign(moving_variance_,
                 cast(relu(square(moved) - options_.epsilon), moving_variance_->type.dtype));
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
       {"renorm", options_.renorm},
       {"renorm_clipping", clipping_json(options_)},
       {"renorm_momentum", options_.renorm_momentum}});
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
      options.synchronized = reader.boolean("synchronized", false);
      options.renorm = reader.boolean("renorm", false);
      options.renorm_momentum = reader.number("renorm_momentum", 0.99);
      if (const Json clipping = reader.json("renorm_clipping"); !clipping.is_null()) {
        ConfigReader bounds(clipping, "BatchNormalization's renorm_clipping");
        options.renorm_clipping = {bounds.optional_number("rmin"), bounds.optional_number("rmax"),
                                   bounds.optional_number("dmax")};
        bounds.done();
      }
      reader.done();
      return std::make_shared<BatchNormalization>(options);
    });

}  // namespace

}  // namespace lamina
