// Ftrl.
#include "lamina/nn/optimizers/ftrl.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "Ftrl");
  FtrlOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.learning_rate_power = reader.number("learning_rate_power", options.learning_rate_power);
  options.initial_accumulator_value =
      reader.number("initial_accumulator_value", options.initial_accumulator_value);
  options.l1_regularization_strength =
      reader.number("l1_regularization_strength", options.l1_regularization_strength);
  options.l2_regularization_strength =
      reader.number("l2_regularization_strength", options.l2_regularization_strength);
  options.l2_shrinkage_regularization_strength =
      reader.number("l2_shrinkage_regularization_strength", options.l2_shrinkage_regularization_strength);
  options.beta = reader.number("beta", options.beta);
  reader.done();
  return std::make_shared<Ftrl>(options);
}

const bool ftrl_registered = Registry<Optimizer>::add("Ftrl", make, {"ftrl"});

}  // namespace

Ftrl::Ftrl(FtrlOptions options)
    : SlotOptimizer("Ftrl", detail::arguments_of(options)),
      learning_rate_power_(options.learning_rate_power),
      initial_accumulator_value_(options.initial_accumulator_value),
      l1_regularization_strength_(options.l1_regularization_strength),
      l2_regularization_strength_(options.l2_regularization_strength),
      l2_shrinkage_regularization_strength_(options.l2_shrinkage_regularization_strength),
      beta_(options.beta) {
  if (!(learning_rate_power_ <= 0)) throw InvalidArgument("Ftrl: learning_rate_power must not be positive");
  if (!(initial_accumulator_value_ >= 0))
    throw InvalidArgument("Ftrl: initial_accumulator_value must not be negative");
  if (!(l1_regularization_strength_ >= 0))
    throw InvalidArgument("Ftrl: l1_regularization_strength must not be negative");
  if (!(l2_regularization_strength_ >= 0))
    throw InvalidArgument("Ftrl: l2_regularization_strength must not be negative");
  if (!(l2_shrinkage_regularization_strength_ >= 0))
    throw InvalidArgument("Ftrl: l2_shrinkage_regularization_strength must not be negative");
  if (!(beta_ >= 0)) throw InvalidArgument("Ftrl: beta must not be negative");
}

Ftrl::Ftrl(LearningRate learning_rate, FtrlOptions options)
    : Ftrl(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Ftrl::config() const {
  Json config = common_config();
  config["learning_rate_power"] = learning_rate_power_;
  config["initial_accumulator_value"] = initial_accumulator_value_;
  config["l1_regularization_strength"] = l1_regularization_strength_;
  config["l2_regularization_strength"] = l2_regularization_strength_;
  config["l2_shrinkage_regularization_strength"] = l2_shrinkage_regularization_strength_;
  config["beta"] = beta_;
  return config;
}

std::vector<std::vector<Ftrl::Slot>> Ftrl::slot_groups() const {
  return {{{"accumulator", initial_accumulator_value_}, "linear"}};
}

std::vector<Tensor> Ftrl::step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                               const Scalars& scalars) const {
  const Tensor accumulator = slots[0] + square(gradient);
  const Tensor now = power(accumulator, -learning_rate_power_),
               before = power(slots[0], -learning_rate_power_);
  const Tensor pull = gradient + weight * (2 * l2_shrinkage_regularization_strength_);
  const Tensor linear = slots[1] + pull - (now - before) / scalars[0] * weight;
  Tensor quadratic = now / scalars[0] + 2 * l2_regularization_strength_;
  if (beta_ != 0) quadratic = quadratic + beta_ / scalars[0];
  const Tensor bounded = lamina::clip(linear, -l1_regularization_strength_, l1_regularization_strength_);
  return {(bounded - linear) / quadratic, accumulator, linear};
}

}  // namespace lamina
