// Adam and AdamW.
#include "lamina/nn/optimizers/adam.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

constexpr double kDefaultDecay = 0.004;

template <class A>
std::shared_ptr<Optimizer> make(const Json& config) {
  ConfigReader reader(config, A().class_name());
  AdamOptions options;
  options.name = A().name();
  detail::read_optimizer_arguments(reader, config, options);
  options.beta_1 = reader.number("beta_1", options.beta_1);
  options.beta_2 = reader.number("beta_2", options.beta_2);
  options.epsilon = reader.number("epsilon", options.epsilon);
  options.amsgrad = reader.boolean("amsgrad", options.amsgrad);
  options.decays_vectors = reader.boolean("decays_vectors", options.decays_vectors);
  reader.done();
  return std::make_shared<A>(options);
}

const bool adam_registered = Registry<Optimizer>::add("Adam", make<Adam>, {"adam"}) &&
                        Registry<Optimizer>::add("AdamW", make<AdamW>, {"adamw"});

OptimizerArguments arguments_of(const AdamOptions& options) {
  OptimizerArguments arguments = detail::arguments_of(options);
  arguments.decays_vectors = options.decays_vectors;
  return arguments;
}

AdamOptions with_decay(AdamOptions options) {
  if (!options.weight_decay) options.weight_decay = kDefaultDecay;
  if (options.name == AdamOptions().name) options.name = "adam_w";
  return options;
}

}  // namespace

Adam::Adam(const std::string& class_name, const AdamOptions& options)
    : SlotOptimizer(class_name, arguments_of(options)),
      beta_1_(options.beta_1),
      beta_2_(options.beta_2),
      epsilon_(options.epsilon),
      amsgrad_(options.amsgrad) {
  if (!(beta_1_ >= 0 && beta_1_ < 1)) throw InvalidArgument(class_name + ": beta_1 must lie in [0, 1)");
  if (!(beta_2_ >= 0 && beta_2_ < 1)) throw InvalidArgument(class_name + ": beta_2 must lie in [0, 1)");
  if (!(epsilon_ >= 0)) throw InvalidArgument(class_name + ": epsilon must not be negative");
}

Adam::Adam(AdamOptions options) : Adam("Adam", options) {}

Adam::Adam(LearningRate learning_rate, AdamOptions options)
    : Adam("Adam", detail::with_rate(std::move(options), std::move(learning_rate))) {}

AdamW::AdamW(AdamOptions options) : Adam("AdamW", with_decay(std::move(options))) {}

AdamW::AdamW(LearningRate learning_rate, AdamOptions options)
    : AdamW(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json Adam::config() const {
  Json config = common_config();
  config["beta_1"] = beta_1_;
  config["beta_2"] = beta_2_;
  config["epsilon"] = epsilon_;
  config["amsgrad"] = amsgrad_;
  return config;
}

std::vector<std::vector<Adam::Slot>> Adam::slot_groups() const {
  if (amsgrad_) return {{"momentum", "velocity"}, {"velocity_hat"}};
  return {{"momentum", "velocity"}};
}

Adam::Scalars Adam::scalars(const Tensor& learning_rate, const Tensor& step, std::vector<Tensor>&) const {
  const Tensor power_1 = power(full({}, beta_1_), step), power_2 = power(full({}, beta_2_), step);
  return {learning_rate * sqrt(1.0 - power_2) / (1.0 - power_1)};
}

std::vector<Tensor> Adam::step(const Tensor& weight, const Tensor& gradient, const std::vector<Tensor>& slots,
                               const Scalars& scalars) const {
  const Tensor momentum = slots[0] + (gradient - slots[0]) * (1 - beta_1_);
  const Tensor velocity = slots[1] + (square(gradient) - slots[1]) * (1 - beta_2_);
  const Tensor bound = amsgrad_ ? maximum(slots[2], velocity) : velocity;
  std::vector<Tensor> result = {weight - momentum * scalars[0] / (sqrt(bound) + epsilon_), momentum,
                                velocity};
  if (amsgrad_) result.push_back(bound);
  return result;
}

}  // namespace lamina
