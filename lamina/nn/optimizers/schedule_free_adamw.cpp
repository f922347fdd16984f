// ScheduleFreeAdamW.
#include "lamina/nn/optimizers/schedule_free_adamw.h"

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/detail/read.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make_schedulefreeadamw(const Json& config) {
  ConfigReader reader(config, "ScheduleFreeAdamW");
  ScheduleFreeAdamWOptions options;
  detail::read_optimizer_arguments(reader, config, options);
  options.beta_1 = reader.number("beta_1", options.beta_1);
  options.beta_2 = reader.number("beta_2", options.beta_2);
  options.epsilon = reader.number("epsilon", options.epsilon);
  options.warmup_steps = reader.integer("warmup_steps", options.warmup_steps);
  reader.done();
  return std::make_shared<ScheduleFreeAdamW>(options);
}

const bool schedule_free_registered =
    Registry<Optimizer>::add("ScheduleFreeAdamW", make_schedulefreeadamw, {"schedulefreeadamw"});

}  // namespace

ScheduleFreeAdamW::ScheduleFreeAdamW(ScheduleFreeAdamWOptions options)
    : SlotOptimizer("ScheduleFreeAdamW", detail::arguments_of(options)),
      beta_1_(options.beta_1),
      beta_2_(options.beta_2),
      epsilon_(options.epsilon),
      warmup_steps_(options.warmup_steps) {
  // At 0 the mean cannot be told from where gradients were taken.
  if (!(beta_1_ > 0 && beta_1_ <= 1)) throw InvalidArgument("ScheduleFreeAdamW: beta_1 must lie in (0, 1]");
  if (!(beta_2_ >= 0 && beta_2_ < 1)) throw InvalidArgument("ScheduleFreeAdamW: beta_2 must lie in [0, 1)");
  if (!(epsilon_ >= 0)) throw InvalidArgument("ScheduleFreeAdamW: epsilon must not be negative");
}

ScheduleFreeAdamW::ScheduleFreeAdamW(LearningRate learning_rate, ScheduleFreeAdamWOptions options)
    : ScheduleFreeAdamW(detail::with_rate(std::move(options), std::move(learning_rate))) {}

Json ScheduleFreeAdamW::config() const {
  Json config = common_config();
  config["beta_1"] = beta_1_;
  config["beta_2"] = beta_2_;
  config["epsilon"] = epsilon_;
  config["warmup_steps"] = warmup_steps_;
  return config;
}

std::vector<std::vector<ScheduleFreeAdamW::Slot>> ScheduleFreeAdamW::slot_groups() const {
  Slot latest("momentum");
  latest.begins_as_weight = true;
  return {{latest, "velocity"}};
}

ScheduleFreeAdamW::Scalars ScheduleFreeAdamW::scalars(const Tensor& learning_rate, const Tensor& step,
                                                      std::vector<Tensor>&) const {
  Tensor rate = learning_rate;
  if (warmup_steps_ > 0) rate = rate * minimum(step / static_cast<double>(warmup_steps_), 1.0);
  return {rate, 1.0 - power(full({}, beta_2_), step), 1.0 / step};
}

std::vector<Tensor> ScheduleFreeAdamW::step(const Tensor& weight, const Tensor& gradient,
                                            const std::vector<Tensor>& slots, const Scalars& scalars) const {
  const double rest_1 = detail::rest_of(beta_1_, weight.dtype()),
               rest_2 = detail::rest_of(beta_2_, weight.dtype());
  const Tensor velocity = slots[1] + (square(gradient) - slots[1]) * rest_2;
  const Tensor latest = slots[0] - scalars[0] * gradient / (sqrt(velocity / scalars[1]) + epsilon_);
  // The weight lies between the mean and the latest of the step before, which Keras on TensorFlow has
  // replaced by now.
  const Tensor mean_before = (weight - latest * rest_1) / beta_1_;
  const Tensor mean = (1.0 - scalars[2]) * mean_before + scalars[2] * latest;
  return {latest * rest_1 + mean * beta_1_, latest, velocity};
}

}  // namespace lamina
