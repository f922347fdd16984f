// LossScaleOptimizer.
#include "lamina/nn/optimizers/loss_scale_optimizer.h"

#include <algorithm>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::shared_ptr<Optimizer> make_loss_scale(const Json& config) {
  ConfigReader reader(config, "LossScaleOptimizer");
  LossScaleOptions options;
  options.initial_scale = reader.number("initial_scale", options.initial_scale);
  options.dynamic_growth_steps = reader.integer("dynamic_growth_steps", options.dynamic_growth_steps);
  options.name = reader.string("name", options.name);
  const Json inner = reader.json("inner_optimizer");
  if (!inner.is_object()) reader.fail("inner_optimizer", "must be an optimizer");
  // Files of Keras before 3.6 have them, without a meaning.
  for (const char* unused : {"use_ema", "ema_momentum"}) reader.allow(unused);
  reader.only("learning_rate", 0.0);
  reader.only_null({"weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "ema_overwrite_frequency",
                    "loss_scale_factor", "gradient_accumulation_steps"});
  reader.done();
  return std::make_shared<LossScaleOptimizer>(
      std::shared_ptr<const Optimizer>(Registry<Optimizer>::from_json(inner)), options);
}

const bool loss_scale_registered = Registry<Optimizer>::add("LossScaleOptimizer", make_loss_scale);

}  // namespace

LossScaleOptimizer::LossScaleOptimizer(Choice<Optimizer> inner_optimizer, LossScaleOptions options)
    : inner_(inner_optimizer.get()), options_(std::move(options)) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw InvalidArgument(std::string("LossScaleOptimizer: ") + what);
  };
  require(inner_ != nullptr, "it needs an optimizer inside");
  require(!dynamic_cast<const LossScaleOptimizer*>(inner_.get()),
          "the optimizer inside scales losses already");
  require(inner_->loss_scale() == 1.0, "the optimizer inside must have no loss_scale_factor");
  require(inner_->learning_rate_place().has_value(), "the optimizer inside must be a single one");
  require(options_.initial_scale > 0, "initial_scale must be positive");
  require(options_.dynamic_growth_steps >= 1, "dynamic_growth_steps must be at least 1");
}

Json LossScaleOptimizer::config() const {
  return Json::object({{"name", options_.name},
                       {"inner_optimizer", inner_->serialize()},
                       {"initial_scale", options_.initial_scale},
                       {"dynamic_growth_steps", options_.dynamic_growth_steps}});
}

Json LossScaleOptimizer::serialize_at(double learning_rate) const {
  Json json = serialize();
  json["config"]["inner_optimizer"] = inner_->serialize_at(learning_rate);
  return json;
}

std::shared_ptr<const Optimizer> LossScaleOptimizer::for_targets(std::span<const Target> targets) const {
  const std::shared_ptr<const Optimizer> inner = inner_->for_targets(targets);
  return inner ? std::make_shared<LossScaleOptimizer>(inner, options_) : nullptr;
}

std::optional<size_t> LossScaleOptimizer::learning_rate_place() const {
  return kOwn + inner_->learning_rate_place().value_or(1);
}

std::vector<Optimizer::Variable> LossScaleOptimizer::variables(std::span<const Target> targets) const {
  std::vector<Variable> all = {{"iteration", zeros({}, DType::kInt64)},
                               {"learning_rate", full({}, 0.0)},
                               {"step_counter", zeros({}, DType::kInt64)},
                               {"dynamic_scale", full({}, options_.initial_scale)}};
  for (Variable& variable : inner_->variables(targets)) {
    variable.name.insert(0, inner_->name() + "/");
    all.push_back(std::move(variable));
  }
  return all;
}

Optimizer::Update LossScaleOptimizer::update(std::span<const Tensor> weights,
                                             std::span<const Tensor> gradients,
                                             std::span<const Tensor> state) const {
  if (state.size() < kOwn) {
    throw InvalidArgument("LossScaleOptimizer: needs its state of " + std::to_string(kOwn) +
                          " tensors and that of the optimizer inside; received " +
                          std::to_string(state.size()));
  }
  const Tensor& scale = state[kScale];
  Tensor finite;
  std::vector<Tensor> unscaled;
  for (const Tensor& gradient : gradients) {
    const Tensor fine = all(isfinite(gradient));
    finite = finite.defined() ? ops::logical_and(finite, fine) : fine;
    // In the scale's dtype: a small gradient divided in float16 would vanish after all.
    const bool half = gradient.dtype() == DType::kFloat16 || gradient.dtype() == DType::kBFloat16;
    const Tensor wide = half ? cast(gradient, scale.dtype()) : gradient;
    unscaled.push_back(wide / cast(scale, wide.dtype()));
  }
  Update inner = inner_->update(weights, unscaled, state.subspan(kOwn));
  if (!finite.defined()) finite = cast(ones({}), DType::kBool);
  Update result;
  for (size_t i = 0; i < weights.size(); ++i)
    result.weights.push_back(where(finite, inner.weights[i], weights[i]));
  const Tensor grows = equal(state[kCounter], static_cast<double>(options_.dynamic_growth_steps - 1));
  const Tensor counted = where(grows, 0.0, state[kCounter] + 1.0);
  result.state = {state[0], state[1], where(finite, counted, 0.0),
                  where(finite, where(grows, scale * 2.0, scale), scale * 0.5)};
  for (size_t i = 0; i < inner.state.size(); ++i)
    result.state.push_back(where(finite, inner.state[i], state[kOwn + i]));
  return result;
}

std::vector<Tensor> LossScaleOptimizer::averages(std::span<const Tensor> state, size_t weights) const {
  return inner_->averages(state.subspan(std::min(kOwn, state.size())), weights);
}

}  // namespace lamina
