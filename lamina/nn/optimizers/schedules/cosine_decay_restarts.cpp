// CosineDecayRestarts: half cosines, each followed by a restart.
#include "lamina/nn/optimizers/schedules/cosine_decay_restarts.h"

#include <numbers>

#include "lamina/nn/config.h"
#include "lamina/nn/optimizers/schedules/detail/arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<LearningRateSchedule> make(const Json& config) {
  ConfigReader reader(config, "CosineDecayRestarts");
  CosineDecayRestartsOptions options;
  const double initial_learning_rate = reader.number("initial_learning_rate");
  const double first_decay_steps = reader.number("first_decay_steps");
  options.t_mul = reader.number("t_mul", options.t_mul);
  options.m_mul = reader.number("m_mul", options.m_mul);
  options.alpha = reader.number("alpha", options.alpha);
  options.name = reader.string("name", options.name);
  reader.done();
  return std::make_shared<CosineDecayRestarts>(initial_learning_rate, first_decay_steps, options);
}

const bool cosine_decay_restarts_registered = Registry<LearningRateSchedule>::add("CosineDecayRestarts", make);

}  // namespace

CosineDecayRestarts::CosineDecayRestarts(double initial_learning_rate, double first_decay_steps,
                                         CosineDecayRestartsOptions options)
    : initial_learning_rate_(initial_learning_rate),
      first_decay_steps_(first_decay_steps),
      options_(std::move(options)) {
  detail::require_steps("CosineDecayRestarts", "first_decay_steps", first_decay_steps_);
}

Json CosineDecayRestarts::config() const {
  return Json::object({{"initial_learning_rate", initial_learning_rate_},
                       {"first_decay_steps", detail::steps_json(first_decay_steps_)},
                       {"t_mul", options_.t_mul},
                       {"m_mul", options_.m_mul},
                       {"alpha", options_.alpha},
                       {"name", options_.name}});
}

Tensor CosineDecayRestarts::operator()(const Tensor& step) const {
  Tensor passed = detail::schedule_step(step) / first_decay_steps_, restarts;
  if (options_.t_mul == 1) {
    restarts = floor(passed);
    passed = passed - restarts;
  } else {
    const Tensor t_mul = detail::schedule_number(options_.t_mul);
    restarts = floor(log(1.0 - passed * (1 - options_.t_mul)) / log(t_mul));
    const Tensor length = power(t_mul, restarts);  // of this period, where the first has 1
    passed = (passed - (1.0 - length) / (1 - options_.t_mul)) / length;
  }
  const Tensor height = power(detail::schedule_number(options_.m_mul), restarts);
  const Tensor cosine = height * 0.5 * (cos(passed * std::numbers::pi) + 1.0);
  return (cosine * (1 - options_.alpha) + options_.alpha) * initial_learning_rate_;
}

}  // namespace lamina
