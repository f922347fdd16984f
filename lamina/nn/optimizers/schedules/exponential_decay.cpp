// ExponentialDecay: a constant factor every so many steps.
#include "lamina/nn/optimizers/schedules/exponential_decay.h"

#include "lamina/nn/config.h"
#include "lamina/nn/optimizers/schedules/detail/arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<LearningRateSchedule> make(const Json& config) {
  ConfigReader reader(config, "ExponentialDecay");
  ExponentialDecayOptions options;
  const double initial_learning_rate = reader.number("initial_learning_rate");
  const double decay_steps = reader.number("decay_steps");
  const double decay_rate = reader.number("decay_rate");
  options.staircase = reader.boolean("staircase", options.staircase);
  options.name = reader.string("name", options.name);
  reader.done();
  return std::make_shared<ExponentialDecay>(initial_learning_rate, decay_steps, decay_rate, options);
}

const bool exponential_decay_registered = Registry<LearningRateSchedule>::add("ExponentialDecay", make);

}  // namespace

ExponentialDecay::ExponentialDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                                   ExponentialDecayOptions options)
    : initial_learning_rate_(initial_learning_rate),
      decay_steps_(decay_steps),
      decay_rate_(decay_rate),
      options_(std::move(options)) {
  detail::require_steps("ExponentialDecay", "decay_steps", decay_steps_);
}

Json ExponentialDecay::config() const {
  return Json::object({{"initial_learning_rate", initial_learning_rate_},
                       {"decay_steps", detail::steps_json(decay_steps_)},
                       {"decay_rate", decay_rate_},
                       {"staircase", options_.staircase},
                       {"name", options_.name}});
}

Tensor ExponentialDecay::operator()(const Tensor& step) const {
  Tensor passed = detail::schedule_step(step) / decay_steps_;
  if (options_.staircase) passed = floor(passed);
  return power(detail::schedule_number(decay_rate_), passed) * initial_learning_rate_;
}

}  // namespace lamina
