// PolynomialDecay: down to an end along a power.
#include "lamina/nn/optimizers/schedules/polynomial_decay.h"

#include <algorithm>

#include "lamina/base/error.h"
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
  options.warmup_target = reader.optional_number("warmup_target");
  options.warmup_steps = reader.number("warmup_steps", options.warmup_steps);
  reader.done();
  return std::make_shared<PolynomialDecay>(initial_learning_rate, decay_steps, options);
}

const bool polynomial_decay_registered = Registry<LearningRateSchedule>::add("PolynomialDecay", make);

}  // namespace

PolynomialDecay::PolynomialDecay(double initial_learning_rate, double decay_steps,
                                 PolynomialDecayOptions options)
    : initial_learning_rate_(initial_learning_rate), decay_steps_(decay_steps), options_(std::move(options)) {
  detail::require_steps("PolynomialDecay", "decay_steps", decay_steps_);
  if (options_.cycle && options_.warmup_target)
    throw InvalidArgument("PolynomialDecay: warmup_target and cycle exclude each other");
}

Json PolynomialDecay::config() const {
  Json config = Json::object({{"initial_learning_rate", initial_learning_rate_},
                              {"decay_steps", detail::steps_json(decay_steps_)},
                              {"end_learning_rate", options_.end_learning_rate},
                              {"power", options_.power},
                              {"cycle", options_.cycle},
                              {"name", options_.name}});
  if (options_.warmup_target) {  // Keras has no such arguments
    config["warmup_target"] = *options_.warmup_target;
    config["warmup_steps"] = detail::steps_json(options_.warmup_steps);
  }
  return config;
}

Tensor PolynomialDecay::operator()(const Tensor& step) const {
  const double warm = options_.warmup_target ? options_.warmup_steps : 0;
  const double first = options_.warmup_target.value_or(initial_learning_rate_);
  const Tensor begun = detail::schedule_step(step);
  Tensor now = warm > 0 ? maximum(begun - warm, 0.0) : begun, whole = detail::schedule_number(decay_steps_);
  if (options_.cycle) {
    whole = whole * where(equal(now, 0.0), 1.0, ceil(now / decay_steps_));
  } else {
    now = minimum(now, whole);
  }
  const Tensor left = power(1.0 - now / whole, detail::schedule_number(options_.power));
  const Tensor decayed = left * (first - options_.end_learning_rate) + options_.end_learning_rate;
  if (warm <= 0) return decayed;
  const Tensor rising = begun / warm * (first - initial_learning_rate_) + initial_learning_rate_;
  return where(less(begun, warm), rising, decayed);
}

}  // namespace lamina
