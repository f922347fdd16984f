// SGD.
#include "lamina/nn/optimizers/sgd.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, "SGD");
  SGDOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.momentum = reader.number("momentum", options.momentum);
  options.nesterov = reader.boolean("nesterov", options.nesterov);
  reader.done();
  return std::make_shared<SGD>(options);
}

const bool sgd_registered = Registry<Optimizer>::add("SGD", make, {"sgd"});

}  // namespace

SGD::SGD(SGDOptions options)
    : SlotOptimizer("SGD", detail::arguments_of(options)),
      momentum_(options.momentum),
      nesterov_(options.nesterov) {
  if (!(momentum_ >= 0 && momentum_ <= 1)) throw InvalidArgument("SGD: momentum must lie in [0, 1]");
}

SGD::SGD(LearningRate learning_rate, SGDOptions options)
    : SGD(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json SGD::config() const {
  Json config = common_config();
  config["momentum"] = momentum_;
  config["nesterov"] = nesterov_;
  return config;
}

std::vector<std::vector<SGD::Slot>> SGD::slot_groups() const {
  if (momentum_ == 0) return {};
  return {{"momentum"}};
}

std::vector<Tensor> SGD::step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                              const Scalars& scalars) const {
  const Tensor descent = gradient * scalars[0];
  if (momentum_ == 0) return {weight - descent};
  const Tensor velocity = slots[0] * momentum_ - descent;
  return {weight + (nesterov_ ? velocity * momentum_ - descent : velocity), velocity};
}

}  // namespace lamina
