// What layers with a kernel and a bias share: Keras's arguments for them, read and written. Internal header.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/config.h"

namespace lamina::detail {

/// An initializer, regularizer or constraint as Keras writes it; null for none.
template <class Base>
Json choice_json(const Choice<Base>& choice) {
  return choice.given() ? choice.get()->serialize() : Json();
}

/// Throws InvalidArgument for unknown names.
inline WeightOptions weight_options(const Choice<Regularizer>& regularizer,
                                    const Choice<Constraint>& constraint) {
  return {.regularizer = regularizer.get(), .constraint = constraint.get()};
}

/// An integer, or a list of one as Keras writes the arguments of one-dimensional windows.
inline int64_t single(ConfigReader& reader, const char* key, std::optional<int64_t> otherwise) {
  if (!reader.json(key).is_list()) return reader.integer(key, otherwise);
  const std::vector<int64_t> values = reader.integers(key);
  if (values.size() != 1) reader.fail(key, "must be an integer or a list of one");
  return values[0];
}

/// Lets the arguments of Keras's LoRA pass: what that has learned is in the weights that Keras saves.
inline void allow_lora(ConfigReader& reader) {
  for (const char* key : {"lora_rank", "lora_alpha"}) reader.allow(key);
}

/// From activation to bias_constraint, for options that have Keras's names.
template <class Options>
void read_kernel_arguments(ConfigReader& reader, Options& options) {
  options.activation = reader.activation();
  options.use_bias = reader.boolean("use_bias", true);
  options.kernel_initializer = reader.initializer("kernel_initializer", "glorot_uniform");
  options.bias_initializer = reader.initializer("bias_initializer", "zeros");
  options.kernel_regularizer = reader.regularizer("kernel_regularizer");
  options.bias_regularizer = reader.regularizer("bias_regularizer");
  options.activity_regularizer = reader.regularizer("activity_regularizer");
  options.kernel_constraint = reader.constraint("kernel_constraint");
  options.bias_constraint = reader.constraint("bias_constraint");
}

/// Appends what read_kernel_arguments reads but the activation and use_bias, in Keras's order. Layer::config
/// fills in the activity_regularizer.
template <class Options>
void write_kernel_arguments(Json& config, const Options& options) {
  config["kernel_initializer"] = choice_json(options.kernel_initializer);
  config["bias_initializer"] = choice_json(options.bias_initializer);
  config["kernel_regularizer"] = choice_json(options.kernel_regularizer);
  config["bias_regularizer"] = choice_json(options.bias_regularizer);
  config["activity_regularizer"] = nullptr;
  config["kernel_constraint"] = choice_json(options.kernel_constraint);
  config["bias_constraint"] = choice_json(options.bias_constraint);
}

}  // namespace lamina::detail
