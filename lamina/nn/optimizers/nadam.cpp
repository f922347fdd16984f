// Nadam.
#include "lamina/nn/optimizers/nadam.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "Nadam");
  NadamOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.beta_1 = reader.number("beta_1", options.beta_1);
  options.beta_2 = reader.number("beta_2", options.beta_2);
  options.epsilon = reader.number("epsilon", options.epsilon);
  reader.done();
  return std::make_shared<Nadam>(options);
}

const bool nadam_registered = Registry<Optimizer>::add("Nadam", make, {"nadam"});

}  // namespace

Nadam::Nadam(NadamOptions options)
    : SlotOptimizer("Nadam", detail::arguments_of(options)),
      beta_1_(options.beta_1),
      beta_2_(options.beta_2),
      epsilon_(options.epsilon) {
  if (!(beta_1_ >= 0 && beta_1_ < 1)) throw InvalidArgument("Nadam: beta_1 must lie in [0, 1)");
  if (!(beta_2_ >= 0 && beta_2_ < 1)) throw InvalidArgument("Nadam: beta_2 must lie in [0, 1)");
  if (!(epsilon_ >= 0)) throw InvalidArgument("Nadam: epsilon must not be negative");
}

Nadam::Nadam(LearningRate learning_rate, NadamOptions options)
    : Nadam(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Nadam::config() const {
  Json config = common_config();
  config["beta_1"] = beta_1_;
  config["beta_2"] = beta_2_;
  config["epsilon"] = epsilon_;
  return config;
}

std::vector<std::vector<Nadam::Slot>> Nadam::slot_groups() const { return {{"momentum", "velocity"}}; }

std::vector<Optimizer::Variable> Nadam::shared_variables(DType dtype) const {
  return {{"variable", full({}, 1.0, dtype)}};
}

Nadam::Scalars Nadam::scalars(const Tensor& learning_rate, const Tensor& step,
                              std::vector<Tensor>& shared) const {
  const auto decay = [&](const Tensor& at) { return beta_1_ * (1.0 - 0.5 * power(full({}, 0.96), at)); };
  const Tensor now = decay(step), next = decay(step + 1.0);
  shared[0] = shared[0] * cast(now, shared[0].dtype());
  const Tensor product = cast(shared[0], DType::kFloat32);
  return {learning_rate, next / (1.0 - product * next), (1.0 - now) / (1.0 - product),
          1.0 - power(full({}, beta_2_), step)};
}

std::vector<Tensor> Nadam::step(const Tensor& weight, const Tensor& gradient,
                                const std::vector<Tensor>& slots, const Scalars& scalars) const {
  const Tensor momentum = slots[0] + (gradient - slots[0]) * detail::rest_of(beta_1_, weight.dtype());
  const Tensor velocity = slots[1] + (square(gradient) - slots[1]) * detail::rest_of(beta_2_, weight.dtype());
  const Tensor ahead = scalars[1] * momentum + scalars[2] * gradient;
  return {weight - ahead * scalars[0] / (sqrt(velocity / scalars[3]) + epsilon_), momentum, velocity};
}

}  // namespace lamina
