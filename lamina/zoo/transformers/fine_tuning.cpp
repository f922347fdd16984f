// The usual recipe, in one place.
#include "lamina/zoo/transformers/fine_tuning.h"

#include <cmath>
#include <string>

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/polynomial_decay.h"

namespace lamina {

void compile_for_fine_tuning(PretrainedModel& model, int64_t steps, const FineTuningOptions& options) {
  if (steps < 1) throw InvalidArgument("fine-tuning takes at least one step, not " + std::to_string(steps));
  if (!(options.warmup >= 0 && options.warmup < 1))
    throw InvalidArgument("fine-tuning: warmup is a share from 0 to less than 1, not " +
                          std::to_string(options.warmup));
  if (!(options.learning_rate > 0) || !std::isfinite(options.learning_rate))
    throw InvalidArgument("fine-tuning: the learning rate must be above 0, not " +
                          std::to_string(options.learning_rate));
  const auto all = static_cast<double>(steps);
  const double warm = std::ceil(options.warmup * all);
  PolynomialDecayOptions decay{.end_learning_rate = 0};
  if (warm > 0 && warm < all) {
    decay.warmup_target = options.learning_rate;
    decay.warmup_steps = warm;
  }
  const bool warms = decay.warmup_target.has_value();
  model.compile(
      {.optimizer = AdamW(PolynomialDecay(warms ? 0 : options.learning_rate, warms ? all - warm : all, decay),
                          {.epsilon = 1e-8,
                           .weight_decay = options.weight_decay,
                           .global_clipnorm = options.max_norm,
                           .decays_vectors = false})});
}

}  // namespace lamina
