// The arguments that every optimizer takes: from a Keras configuration, and from its own options. Not for
// users.
#pragma once

#include <utility>

#include "lamina/nn/config.h"
#include "lamina/nn/optimizers/slot_optimizer.h"

namespace lamina::detail {

/// Fills the members of the same names in any optimizer's options.
template <class Options>
void read_optimizer_arguments(ConfigReader& reader, const Json& config, Options& options) {
  const Json* rate = config.find("learning_rate");
  if (rate && rate->is_object()) {
    reader.known("learning_rate");
    options.learning_rate =
        std::shared_ptr<const LearningRateSchedule>(Registry<LearningRateSchedule>::from_json(*rate));
  } else {
    options.learning_rate = reader.number("learning_rate", options.learning_rate.value());
  }
  options.name = reader.string("name", options.name);
  if (config.contains("weight_decay")) options.weight_decay = reader.optional_number("weight_decay");
  options.clipnorm = reader.optional_number("clipnorm");
  options.clipvalue = reader.optional_number("clipvalue");
  options.global_clipnorm = reader.optional_number("global_clipnorm");
  options.use_ema = reader.boolean("use_ema", options.use_ema);
  options.ema_momentum = reader.number("ema_momentum", options.ema_momentum);
  options.ema_overwrite_frequency = reader.optional_integer("ema_overwrite_frequency");
  options.loss_scale_factor = reader.optional_number("loss_scale_factor");
  options.gradient_accumulation_steps = reader.optional_integer("gradient_accumulation_steps");
}

/// The members of those names in any optimizer's options.
template <class Options>
OptimizerArguments arguments_of(const Options& options) {
  return {options.name,
          options.learning_rate,
          options.weight_decay,
          options.clipnorm,
          options.clipvalue,
          options.global_clipnorm,
          options.use_ema,
          options.ema_momentum,
          options.ema_overwrite_frequency,
          options.loss_scale_factor,
          options.gradient_accumulation_steps};
}

/// 1 - decay for optimizers whose decays Keras rounds to the weights' dtype before it takes them off: 0.999
/// leaves 0.00100005 in float32.
inline double rest_of(double decay, DType dtype) {
  return dtype == DType::kFloat64 ? 1 - decay : 1 - static_cast<double>(static_cast<float>(decay));
}

/// `options` with another learning rate, for constructors that take it as Keras's first argument.
template <class Options>
Options with_rate(Options options, LearningRate learning_rate) {
  options.learning_rate = std::move(learning_rate);
  return options;
}

}  // namespace lamina::detail
