// CosineDecay: along half a cosine, after a warm-up if wanted.
#include "lamina/nn/optimizers/schedules/cosine_decay.h"

#include <algorithm>
#include <numbers>

#include "lamina/nn/config.h"
#include "lamina/nn/optimizers/schedules/detail/arguments.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::shared_ptr<LearningRateSchedule> make(const Json& config) {
  ConfigReader reader(config, "CosineDecay");
  CosineDecayOptions options;
  const double initial_learning_rate = reader.number("initial_learning_rate");
  const double decay_steps = reader.number("decay_steps");
  options.alpha = reader.number("alpha", options.alpha);
  options.name = reader.string("name", options.name);
  options.warmup_target = reader.optional_number("warmup_target");
  options.warmup_steps = reader.number("warmup_steps", options.warmup_steps);
  reader.done();
  return std::make_shared<CosineDecay>(initial_learning_rate, decay_steps, options);
}

const bool cosine_decay_registered = Registry<LearningRateSchedule>::add("CosineDecay", make);

}  // namespace

CosineDecay::CosineDecay(double initial_learning_rate, double decay_steps, CosineDecayOptions options)
    : initial_learning_rate_(initial_learning_rate), decay_steps_(decay_steps), options_(std::move(options)) {
  detail::require_steps("CosineDecay", "decay_steps", decay_steps_);
}

Json CosineDecay::config() const {
  return Json::object({{"initial_learning_rate", initial_learning_rate_},
                       {"decay_steps", detail::steps_json(decay_steps_)},
                       {"alpha", options_.alpha},
                       {"name", options_.name},
                       {"warmup_target", options_.warmup_target ? Json(*options_.warmup_target) : Json()},
                       {"warmup_steps", detail::steps_json(options_.warmup_steps)}});
}

Tensor CosineDecay::operator()(const Tensor& step) const {
  const double warm = options_.warmup_target ? options_.warmup_steps : 0;
  const Tensor now = minimum(detail::schedule_step(step), decay_steps_ + warm);
  const Tensor half_cosine = (cos((now - warm) / decay_steps_ * std::numbers::pi) + 1.0) * 0.5;
  const Tensor factor = half_cosine * (1 - options_.alpha) + options_.alpha;
  if (!options_.warmup_target) return factor * initial_learning_rate_;
  const double rise = *options_.warmup_target - initial_learning_rate_;
  const Tensor rising =
      now / std::max(warm, 1.0) * rise + initial_learning_rate_;  // not chosen when warm is 0
  return where(less(now, warm), rising, factor * *options_.warmup_target);
}

}  // namespace lamina
