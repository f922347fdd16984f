// Adadelta.
#include "lamina/nn/optimizers/adadelta.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "Adadelta");
  AdadeltaOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.rho = reader.number("rho", options.rho);
  options.epsilon = reader.number("epsilon", options.epsilon);
  reader.done();
  return std::make_shared<Adadelta>(options);
}

const bool adadelta_registered = Registry<Optimizer>::add("Adadelta", make, {"adadelta"});

}  // namespace

Adadelta::Adadelta(AdadeltaOptions options)
    : SlotOptimizer("Adadelta", detail::arguments_of(options)), rho_(options.rho), epsilon_(options.epsilon) {
  if (!(rho_ >= 0 && rho_ <= 1)) throw InvalidArgument("Adadelta: rho must lie in [0, 1]");
  if (!(epsilon_ >= 0)) throw InvalidArgument("Adadelta: epsilon must not be negative");
}

Adadelta::Adadelta(LearningRate learning_rate, AdadeltaOptions options)
    : Adadelta(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Adadelta::config() const {
  Json config = common_config();
  config["rho"] = rho_;
  config["epsilon"] = epsilon_;
  return config;
}

std::vector<std::vector<Adadelta::Slot>> Adadelta::slot_groups() const {
  return {{"accumulated_grad", "accumulated_delta_var"}};
}

std::vector<Tensor> Adadelta::step(const Tensor& weight, const Tensor& gradient,
                                   const std::vector<Tensor>& slots, const Scalars& scalars) const {
  const Tensor accumulated = slots[0] * rho_ + square(gradient) * (1 - rho_);
  const Tensor delta = -(sqrt(slots[1] + epsilon_) * gradient / sqrt(accumulated + epsilon_));
  return {weight + scalars[0] * delta, accumulated, slots[1] * rho_ + square(delta) * (1 - rho_)};
}

}  // namespace lamina
