// Adamax.
#include "lamina/nn/optimizers/adamax.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "Adamax");
  AdamaxOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.beta_1 = reader.number("beta_1", options.beta_1);
  options.beta_2 = reader.number("beta_2", options.beta_2);
  options.epsilon = reader.number("epsilon", options.epsilon);
  reader.done();
  return std::make_shared<Adamax>(options);
}

const bool adamax_registered = Registry<Optimizer>::add("Adamax", make, {"adamax"});

}  // namespace

Adamax::Adamax(AdamaxOptions options)
    : SlotOptimizer("Adamax", detail::arguments_of(options)),
      beta_1_(options.beta_1),
      beta_2_(options.beta_2),
      epsilon_(options.epsilon) {
  if (!(beta_1_ >= 0 && beta_1_ < 1)) throw InvalidArgument("Adamax: beta_1 must lie in [0, 1)");
  if (!(beta_2_ >= 0 && beta_2_ < 1)) throw InvalidArgument("Adamax: beta_2 must lie in [0, 1)");
  if (!(epsilon_ >= 0)) throw InvalidArgument("Adamax: epsilon must not be negative");
}

Adamax::Adamax(LearningRate learning_rate, AdamaxOptions options)
    : Adamax(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Adamax::config() const {
  Json config = common_config();
  config["beta_1"] = beta_1_;
  config["beta_2"] = beta_2_;
  config["epsilon"] = epsilon_;
  return config;
}

std::vector<std::vector<Adamax::Slot>> Adamax::slot_groups() const { return {{"momentum", "norm"}}; }

Adamax::Scalars Adamax::scalars(const Tensor& learning_rate, const Tensor& step, std::vector<Tensor>&) const {
  return {learning_rate, 1.0 - power(full({}, beta_1_), step)};
}

std::vector<Tensor> Adamax::step(const Tensor& weight, const Tensor& gradient,
                                 const std::vector<Tensor>& slots, const Scalars& scalars) const {
  const Tensor momentum = slots[0] + (gradient - slots[0]) * (1 - beta_1_);
  const Tensor norm = maximum(slots[1] * beta_2_, abs(gradient));
  return {weight - scalars[0] * momentum / (scalars[1] * (norm + epsilon_)), momentum, norm};
}

}  // namespace lamina
