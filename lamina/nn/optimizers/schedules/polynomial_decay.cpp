// PolynomialDecay: down to an end along a power.
#include "lamina/nn/optimizers/schedules/polynomial_decay.h"

#include "lamina/nn/config.h"
#include "lamina/nn/optimizers/schedules/detail/arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::shared_ptr<LearningRateSchedule> make(const Json& config) {
  ConfigReader reader(config, "PolynomialDecay");
  PolynomialDecayOptions options;
  const double initial_learning_rate = reader.number("initial_learning_rate");
  const double decay_steps = reader.number("decay_steps");
  options.end_learning_rate = reader.number("end_learning_rate", options.end_learning_rate);
  options.power = reader.number("power", options.power);
  options.cycle = reader.boolean("cycle", options.cycle);
  options.name = reader.string("name", options.name);
  reader.done();
  return std::make_shared<PolynomialDecay>(initial_learning_rate, decay_steps, options);
}

const bool registered = Registry<LearningRateSchedule>::add("PolynomialDecay", make);

}  // namespace

PolynomialDecay::PolynomialDecay(double initial_learning_rate, double decay_steps,
                                 PolynomialDecayOptions options)
    : initial_learning_rate_(initial_learning_rate), decay_steps_(decay_steps), options_(std::move(options)) {
  detail::require_steps("PolynomialDecay", "decay_steps", decay_steps_);
}

Json PolynomialDecay::config() const {
  return Json::object({{"initial_learning_rate", initial_learning_rate_},
                       {"decay_steps", detail::steps_json(decay_steps_)},
                       {"end_learning_rate", options_.end_learning_rate},
                       {"power", options_.power},
                       {"cycle", options_.cycle},
                       {"name", options_.name}});
}

Tensor PolynomialDecay::operator()(const Tensor& step) const {
  Tensor now = detail::schedule_step(step), whole = detail::schedule_number(decay_steps_);
  if (options_.cycle) {
    whole = whole * where(equal(now, 0.0), 1.0, ceil(now / decay_steps_));
  } else {
    now = minimum(now, whole);
  }
  const Tensor left = power(1.0 - now / whole, detail::schedule_number(options_.power));
  return left * (initial_learning_rate_ - options_.end_learning_rate) + options_.end_learning_rate;
}

}  // namespace lamina
