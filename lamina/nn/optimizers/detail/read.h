// Reading the arguments that every optimizer takes from a Keras configuration. Not for users.
#pragma once

#include "lamina/nn/config.h"

namespace lamina::detail {

/// Fills the members of the same names in any optimizer's options.
template <class Options>
void read_optimizer_arguments(ConfigReader& reader, const Json& config, Options& options) {
  const Json* rate = config.find("learning_rate");
  if (rate && rate->is_object()) {
    const Json* schedule = rate->find("class_name");
    throw Unsupported("optimizer '" + options.name + "': learning-rate schedules (" +
                      (schedule ? schedule->dump() : std::string("here")) +
                      ") are not supported; give a number and change it with a callback");
  }
  options.learning_rate = reader.number("learning_rate", options.learning_rate);
  options.name = reader.string("name", options.name);
  if (config.contains("weight_decay")) options.weight_decay = reader.optional_number("weight_decay");
  options.clipnorm = reader.optional_number("clipnorm");
  options.clipvalue = reader.optional_number("clipvalue");
  options.global_clipnorm = reader.optional_number("global_clipnorm");
  reader.only("use_ema", false);
  reader.number("ema_momentum", 0.99);  // means nothing without use_ema
  reader.only_null({"ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps"});
}

}  // namespace lamina::detail
