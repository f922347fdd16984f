// Adagrad.
#include "lamina/nn/optimizers/adagrad.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "Adagrad");
  AdagradOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.initial_accumulator_value =
      reader.number("initial_accumulator_value", options.initial_accumulator_value);
  options.epsilon = reader.number("epsilon", options.epsilon);
  reader.done();
  return std::make_shared<Adagrad>(options);
}

const bool adagrad_registered = Registry<Optimizer>::add("Adagrad", make, {"adagrad"});

}  // namespace

Adagrad::Adagrad(AdagradOptions options)
    : SlotOptimizer("Adagrad", detail::arguments_of(options)),
      initial_accumulator_value_(options.initial_accumulator_value),
      epsilon_(options.epsilon) {
  if (!(initial_accumulator_value_ >= 0))
    throw InvalidArgument("Adagrad: initial_accumulator_value must not be negative");
  if (!(epsilon_ >= 0)) throw InvalidArgument("Adagrad: epsilon must not be negative");
}

Adagrad::Adagrad(LearningRate learning_rate, AdagradOptions options)
    : Adagrad(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Adagrad::config() const {
  Json config = common_config();
  config["initial_accumulator_value"] = initial_accumulator_value_;
  config["epsilon"] = epsilon_;
  return config;
}

std::vector<std::vector<Adagrad::Slot>> Adagrad::slot_groups() const {
  return {{{"accumulator", initial_accumulator_value_}}};
}

std::vector<Tensor> Adagrad::step(const Tensor& weight, const Tensor& gradient,
                                  const std::vector<Tensor>& slots, const Scalars& scalars) const {
  const Tensor accumulator = slots[0] + square(gradient);
  return {weight - scalars[0] * gradient / sqrt(accumulator + epsilon_), accumulator};
}

}  // namespace lamina
