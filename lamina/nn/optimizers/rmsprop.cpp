// RMSprop.
#include "lamina/nn/optimizers/rmsprop.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "RMSprop");
  RMSpropOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.rho = reader.number("rho", options.rho);
  options.momentum = reader.number("momentum", options.momentum);
  options.epsilon = reader.number("epsilon", options.epsilon);
  options.centered = reader.boolean("centered", options.centered);
  reader.done();
  return std::make_shared<RMSprop>(options);
}

const bool rmsprop_registered = Registry<Optimizer>::add("RMSprop", make, {"rmsprop"});

}  // namespace

RMSprop::RMSprop(RMSpropOptions options)
    : SlotOptimizer("RMSprop", detail::arguments_of(options)),
      rho_(options.rho),
      momentum_(options.momentum),
      epsilon_(options.epsilon),
      centered_(options.centered) {
  if (!(rho_ >= 0 && rho_ <= 1)) throw InvalidArgument("RMSprop: rho must lie in [0, 1]");
  if (!(momentum_ >= 0 && momentum_ <= 1)) throw InvalidArgument("RMSprop: momentum must lie in [0, 1]");
  if (!(epsilon_ >= 0)) throw InvalidArgument("RMSprop: epsilon must not be negative");
}

RMSprop::RMSprop(LearningRate learning_rate, RMSpropOptions options)
    : RMSprop(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json RMSprop::config() const {
  Json config = common_config();
  config["rho"] = rho_;
  config["momentum"] = momentum_;
  config["epsilon"] = epsilon_;
  config["centered"] = centered_;
  return config;
}

std::vector<std::vector<RMSprop::Slot>> RMSprop::slot_groups() const {
  std::vector<std::vector<Slot>> groups = {{"velocity"}};
  if (momentum_ > 0) groups.push_back({"momentum"});
  if (centered_) groups.push_back({"average_gradient"});
  return groups;
}

std::vector<Tensor> RMSprop::step(const Tensor& weight, const Tensor& gradient,
                                  const std::vector<Tensor>& slots, const Scalars& scalars) const {
  const Tensor velocity = slots[0] * rho_ + square(gradient) * (1 - rho_);
  const size_t momentum_slot = 1, average_slot = momentum_ > 0 ? 2 : 1;
  Tensor spread = velocity, average;
  if (centered_) {
    average = slots[average_slot] * rho_ + gradient * (1 - rho_);
    spread = velocity - square(average);
  }
  const Tensor increment = scalars[0] * gradient / sqrt(spread + epsilon_);
  std::vector<Tensor> result = {weight, velocity};
  if (momentum_ > 0) {
    result.push_back(slots[momentum_slot] * momentum_ + increment);
    result[0] = weight - result.back();
  } else {
    result[0] = weight - increment;
  }
  if (centered_) result.push_back(average);
  return result;
}

}  // namespace lamina
