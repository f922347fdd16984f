// Lion.
#include "lamina/nn/optimizers/lion.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "Lion");
  LionOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.beta_1 = reader.number("beta_1", options.beta_1);
  options.beta_2 = reader.number("beta_2", options.beta_2);
  reader.done();
  return std::make_shared<Lion>(options);
}

const bool lion_registered = Registry<Optimizer>::add("Lion", make, {"lion"});

}  // namespace

Lion::Lion(LionOptions options)
    : SlotOptimizer("Lion", detail::arguments_of(options)), beta_1_(options.beta_1), beta_2_(options.beta_2) {
  if (!(beta_1_ > 0 && beta_1_ <= 1))
    throw InvalidArgument("Lion: beta_1 must lie in (0, 1]: at 0 it follows signs of single gradients");
  if (!(beta_2_ >= 0 && beta_2_ <= 1)) throw InvalidArgument("Lion: beta_2 must lie in [0, 1]");
}

Lion::Lion(LearningRate learning_rate, LionOptions options)
    : Lion(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Lion::config() const {
  Json config = common_config();
  config["beta_1"] = beta_1_;
  config["beta_2"] = beta_2_;
  return config;
}

std::vector<std::vector<Lion::Slot>> Lion::slot_groups() const { return {{"momentum"}}; }

std::vector<Tensor> Lion::step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                               const Scalars& scalars) const {
  const Tensor direction = sign(slots[0] * beta_1_ + gradient * detail::rest_of(beta_1_, weight.dtype()));
  return {weight - scalars[0] * direction,
          slots[0] * beta_2_ + gradient * detail::rest_of(beta_2_, weight.dtype())};
}

}  // namespace lamina
