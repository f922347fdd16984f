// InverseTimeDecay: in inverse proportion to the time passed.
#include "lamina/nn/optimizers/schedules/inverse_time_decay.h"

#include "lamina/nn/config.h"
#include "lamina/nn/optimizers/schedules/detail/arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<LearningRateSchedule> make(const Json& config) {
  ConfigReader reader(config, "InverseTimeDecay");
  InverseTimeDecayOptions options;
  const double initial_learning_rate = reader.number("initial_learning_rate");
  const double decay_steps = reader.number("decay_steps");
  const double decay_rate = reader.number("decay_rate");
  options.staircase = reader.boolean("staircase", options.staircase);
  options.name = reader.string("name", options.name);
  reader.done();
  return std::make_shared<InverseTimeDecay>(initial_learning_rate, decay_steps, decay_rate, options);
}

const bool inverse_time_decay_registered = Registry<LearningRateSchedule>::add("InverseTimeDecay", make);

}  // namespace

InverseTimeDecay::InverseTimeDecay(double initial_learning_rate, double decay_steps, double decay_rate,
                                   InverseTimeDecayOptions options)
    : initial_learning_rate_(initial_learning_rate),
      decay_steps_(decay_steps),
      decay_rate_(decay_rate),
      options_(std::move(options)) {
  detail::require_steps("InverseTimeDecay", "decay_steps", decay_steps_);
}

Json InverseTimeDecay::config() const {
  return Json::object({{"initial_learning_rate", initial_learning_rate_},
                       {"decay_steps", detail::steps_json(decay_steps_)},
                       {"decay_rate", decay_rate_},
                       {"staircase", options_.staircase},
                       {"name", options_.name}});
}

Tensor InverseTimeDecay::operator()(const Tensor& step) const {
  Tensor passed = detail::schedule_step(step) / decay_steps_;
  if (options_.staircase) passed = floor(passed);
  return initial_learning_rate_ / (passed * decay_rate_ + 1.0);
}

}  // namespace lamina
