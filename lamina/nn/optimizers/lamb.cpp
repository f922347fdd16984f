// Lamb.
#include "lamina/nn/optimizers/lamb.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "Lamb");
  LambOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.beta_1 = reader.number("beta_1", options.beta_1);
  options.beta_2 = reader.number("beta_2", options.beta_2);
  options.epsilon = reader.number("epsilon", options.epsilon);
  reader.done();
  return std::make_shared<Lamb>(options);
}

const bool lamb_registered = Registry<Optimizer>::add("Lamb", make, {"lamb"});

}  // namespace

Lamb::Lamb(LambOptions options)
    : SlotOptimizer("Lamb", detail::arguments_of(options)),
      beta_1_(options.beta_1),
      beta_2_(options.beta_2),
      epsilon_(options.epsilon) {
  if (!(beta_1_ >= 0 && beta_1_ < 1)) throw InvalidArgument("Lamb: beta_1 must lie in [0, 1)");
  if (!(beta_2_ >= 0 && beta_2_ < 1)) throw InvalidArgument("Lamb: beta_2 must lie in [0, 1)");
  if (!(epsilon_ >= 0)) throw InvalidArgument("Lamb: epsilon must not be negative");
}

Lamb::Lamb(LearningRate learning_rate, LambOptions options)
    : Lamb(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Lamb::config() const {
  Json config = common_config();
  config["beta_1"] = beta_1_;
  config["beta_2"] = beta_2_;
  config["epsilon"] = epsilon_;
  return config;
}

std::vector<std::vector<Lamb::Slot>> Lamb::slot_groups() const { return {{"momentum", "velocity"}}; }

Lamb::Scalars Lamb::scalars(const Tensor& learning_rate, const Tensor& step, std::vector<Tensor>&) const {
  return {learning_rate, 1.0 - power(full({}, beta_1_), step), 1.0 - power(full({}, beta_2_), step)};
}

std::vector<Tensor> Lamb::step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                               const Scalars& scalars) const {
  const Tensor momentum = slots[0] + (gradient - slots[0]) * (1 - beta_1_);
  const Tensor velocity = slots[1] + (square(gradient) - slots[1]) * (1 - beta_2_);
  const Tensor update = momentum / scalars[1] / (sqrt(velocity / scalars[2]) + epsilon_);
  const Tensor weight_norm = sqrt(sum(square(weight))), update_norm = sqrt(sum(square(update)));
  const Tensor both = ops::logical_and(ops::greater(weight_norm, 0.0), ops::greater(update_norm, 0.0));
  const Tensor ratio = where(both, weight_norm / where(both, update_norm, 1.0), 1.0);
  return {weight - ratio * scalars[0] * update, momentum, velocity};
}

}  // namespace lamina
