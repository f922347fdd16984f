// Weight decay, clipping, averages, accumulation and state of optimizers.
#include "lamina/nn/optimizers/slot_optimizer.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/detail/global_norm.h"
#include "lamina/nn/detail/registry-inl.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {

template class Registry<Optimizer>;

namespace {

constexpr char kAverage[] = "average", kAccumulator[] = "gradient_accumulator";

}  // namespace

SlotOptimizer::SlotOptimizer(const std::string& class_name, OptimizerArguments arguments)
    : arguments_(std::move(arguments)) {
  const auto require = [&](bool holds, const char* what) {
    if (!holds) throw InvalidArgument(class_name + ": " + what);
  };
  const auto positive = [](const std::optional<double>& value) { return !value || *value > 0; };
  require(arguments_.learning_rate.value() >= 0, "learning_rate must not be negative");
  require(!arguments_.weight_decay || *arguments_.weight_decay >= 0, "weight_decay must not be negative");
  require(positive(arguments_.clipnorm), "clipnorm must be positive");
  require(positive(arguments_.clipvalue), "clipvalue must be positive");
  require(positive(arguments_.global_clipnorm), "global_clipnorm must be positive");
  require(arguments_.clipnorm.has_value() + arguments_.clipvalue.has_value() +
                  arguments_.global_clipnorm.has_value() <=
              1,
          "only one of clipnorm, clipvalue and global_clipnorm can be given");
  require(!arguments_.use_ema || (arguments_.ema_momentum >= 0 && arguments_.ema_momentum <= 1),
          "ema_momentum must lie in [0, 1]");
  require(!arguments_.use_ema || arguments_.ema_overwrite_frequency.value_or(1) >= 1,
          "ema_overwrite_frequency must be at least 1");
  require(positive(arguments_.loss_scale_factor), "loss_scale_factor must be positive");
  require(arguments_.gradient_accumulation_steps.value_or(2) >= 2,
          "gradient_accumulation_steps must be at least 2");
}

std::vector<std::vector<SlotOptimizer::Slot>> SlotOptimizer::slots_of(const Target&, size_t) const {
  return slot_groups();
}

std::optional<double> SlotOptimizer::decay_of(const TensorType& type, size_t) const {
  const bool decays = arguments_.decays_vectors || type.shape.rank() > 1;
  return decays ? arguments_.weight_decay : std::nullopt;
}

std::vector<std::vector<SlotOptimizer::Slot>> SlotOptimizer::all_slots_of(const Target& target,
                                                                          size_t index) const {
  std::vector<std::vector<Slot>> groups = slots_of(target, index);
  if (arguments_.gradient_accumulation_steps) groups.insert(groups.begin(), {kAccumulator});
  if (arguments_.use_ema) groups.insert(groups.begin(), {kAverage});
  return groups;
}

SlotOptimizer::Layout SlotOptimizer::layout(std::span<const Tensor> weights) const {
  std::vector<std::vector<std::vector<Slot>>> slots;
  for (size_t i = 0; i < weights.size(); ++i) slots.push_back(all_slots_of({"", weights[i].type()}, i));
  Layout result{std::vector<std::vector<size_t>>(weights.size()), schedule() ? size_t{1} : size_t{2}};
  for (size_t group = 0; !slots.empty() && group < slots[0].size(); ++group) {
    for (size_t i = 0; i < slots.size(); ++i) {
      for (size_t slot = 0; slot < slots[i][group].size(); ++slot) result.places[i].push_back(result.end++);
    }
  }
  return result;
}

std::vector<Optimizer::Variable> SlotOptimizer::variables(std::span<const Target> targets) const {
  std::vector<Variable> all;
  all.push_back({"iteration", zeros({}, DType::kInt64)});
  if (!schedule())
    all.push_back({"learning_rate", full({}, arguments_.learning_rate.value(), DType::kFloat32)});
  if (targets.empty()) return all;
  std::vector<std::vector<std::vector<Slot>>> slots;
  for (size_t i = 0; i < targets.size(); ++i) slots.push_back(all_slots_of(targets[i], i));
  for (size_t group = 0; group < slots[0].size(); ++group) {
    for (size_t i = 0; i < targets.size(); ++i) {
      const TensorType& type = targets[i].type;
      std::string prefix = targets[i].path;
      std::replace(prefix.begin(), prefix.end(), '/', '_');
      for (const Slot& slot : slots[i][group]) {
        const bool copies = slot.begins_as_weight && targets[i].value.defined();
        all.push_back({prefix + "_" + slot.name, copies ? targets[i].value
                                                        : full(slot.shape.value_or(type.shape), slot.initial,
                                                               slot.dtype.value_or(type.dtype))});
      }
    }
  }
  for (Variable& variable : shared_variables(targets[0].type.dtype)) all.push_back(std::move(variable));
  return all;
}

std::vector<Optimizer::Variable> SlotOptimizer::shared_variables(DType) const { return {}; }

SlotOptimizer::Scalars SlotOptimizer::scalars(const Tensor& learning_rate, const Tensor&,
                                              std::vector<Tensor>&) const {
  return {learning_rate};
}

std::vector<Tensor> SlotOptimizer::clip(std::span<const Tensor> gradients) const {
  std::vector<Tensor> clipped(gradients.begin(), gradients.end());
  if (arguments_.clipvalue) {
    for (Tensor& g : clipped) g = lamina::clip(g, -*arguments_.clipvalue, *arguments_.clipvalue);
  } else if (arguments_.clipnorm) {
    for (Tensor& g : clipped)
      g = g * *arguments_.clipnorm / maximum(sqrt(sum(square(g))), *arguments_.clipnorm);
  } else if (arguments_.global_clipnorm && !clipped.empty()) {
    const Tensor norm = detail::global_norm(clipped);
    // The last term is 0, or NaN for gradients that are not finite: those shall be seen.
    const Tensor scale =
        minimum(reciprocal(norm), 1 / *arguments_.global_clipnorm) * *arguments_.global_clipnorm +
        (norm - norm);
    for (Tensor& g : clipped) g = g * scale;
  }
  return clipped;
}

Optimizer::Update SlotOptimizer::update(std::span<const Tensor> weights, std::span<const Tensor> gradients,
                                        std::span<const Tensor> state) const {
  const Layout slots_at = layout(weights);
  const size_t slots_end = slots_at.end;
  const size_t all = slots_end + (weights.empty() ? 0 : shared_variables(weights[0].dtype()).size());
  if (gradients.size() != weights.size() || state.size() != all) {
    throw InvalidArgument(class_name() + ": " + std::to_string(weights.size()) +
                          " weights need as many gradients and " + std::to_string(all) +
                          " state tensors; received " + std::to_string(gradients.size()) + " and " +
                          std::to_string(state.size()));
  }
  Update result;
  result.weights.resize(weights.size());
  result.state.assign(state.begin(), state.end());
  result.state[0] = state[0] + 1.0;
  const std::optional<int64_t>& accumulated = arguments_.gradient_accumulation_steps;
  const auto rounds = [&](double ahead) {  // updates before this batch, and `ahead`
    const Tensor done = accumulated ? floor_divide(state[0], static_cast<double>(*accumulated)) : state[0];
    return done + ahead;
  };
  // Between updates everything but the accumulators stays.
  const Tensor updates =
      accumulated ? equal(mod(result.state[0], static_cast<double>(*accumulated)), 0.0) : Tensor();
  const auto chosen = [&](const Tensor& now, const Tensor& before) {
    return accumulated ? where(updates, now, before) : now;
  };
  const size_t average = 0, accumulator = arguments_.use_ema ? 1 : 0;  // among the slots of a weight
  const size_t own = accumulator + (accumulated ? 1 : 0);

  std::vector<Tensor> mean(gradients.begin(), gradients.end());
  for (size_t i = 0; accumulated && i < weights.size(); ++i) {
    const size_t place = slots_at.places[i][accumulator];
    const Tensor total = cast(gradients[i], weights[i].dtype()) + state[place];
    mean[i] = total / static_cast<double>(*accumulated);
    result.state[place] = where(updates, 0.0, total);
  }
  mean = clip(mean);

  const Tensor learning_rate = schedule() ? (*schedule())(state[0]) : state[1];
  std::vector<Tensor> shared(state.begin() + static_cast<std::ptrdiff_t>(slots_end), state.end());
  const Scalars of_step = scalars(learning_rate, cast(rounds(1.0), DType::kFloat32), shared);
  for (size_t i = 0; i < shared.size(); ++i)
    result.state[slots_end + i] = chosen(shared[i], state[slots_end + i]);

  const Tensor kept = arguments_.use_ema
                          ? cast(not_equal(rounds(0.0), 0.0), DType::kFloat32) * arguments_.ema_momentum
                          : Tensor();
  for (size_t i = 0; i < weights.size(); ++i) {
    const DType dtype = weights[i].dtype();
    const std::vector<size_t>& places = slots_at.places[i];
    std::vector<Tensor> slots;
    for (size_t slot = own; slot < places.size(); ++slot) slots.push_back(state[places[slot]]);
    Scalars typed;
    for (const Tensor& scalar : of_step) typed.push_back(cast(scalar, dtype));
    Tensor weight = weights[i];
    if (const std::optional<double> decay = decay_of(weight.type(), i))
      weight = weight - weight * *decay * cast(learning_rate, dtype);
    const std::vector<Tensor> stepped = step(weight, cast(mean[i], dtype), slots, typed);
    for (size_t slot = own; slot < places.size(); ++slot)
      result.state[places[slot]] = chosen(stepped[1 + slot - own], state[places[slot]]);
    Tensor& updated = result.weights[i] = chosen(stepped[0], weights[i]);
    if (!arguments_.use_ema) continue;
    const Tensor momentum = cast(kept, dtype);
    Tensor& averaged = result.state[places[average]];
    averaged = momentum * state[places[average]] + (1.0 - momentum) * updated;
    if (arguments_.ema_overwrite_frequency) {
      const Tensor overwrites =
          equal(mod(rounds(1.0), static_cast<double>(*arguments_.ema_overwrite_frequency)), 0.0);
      updated = where(overwrites, averaged, updated);
    }
  }
  return result;
}

std::vector<Tensor> SlotOptimizer::averages(std::span<const Tensor> state, size_t weights) const {
  if (!arguments_.use_ema) return {};
  const size_t first = schedule() ? 1 : 2;
  const auto means = state.subspan(first, weights);
  return {means.begin(), means.end()};
}

Json SlotOptimizer::common_config() const {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json config =
      Json::object({{"name", arguments_.name},
                    {"learning_rate", arguments_.learning_rate.json()},
                    {"weight_decay", number(arguments_.weight_decay)},
                    {"clipnorm", number(arguments_.clipnorm)},
                    {"global_clipnorm", number(arguments_.global_clipnorm)},
                    {"clipvalue", number(arguments_.clipvalue)},
                    {"use_ema", arguments_.use_ema},
                    {"ema_momentum", arguments_.ema_momentum},
                    {"ema_overwrite_frequency", number(arguments_.ema_overwrite_frequency)},
                    {"loss_scale_factor", number(arguments_.loss_scale_factor)},
                    {"gradient_accumulation_steps", number(arguments_.gradient_accumulation_steps)}});
  // Keras says it by exclude_from_weight_decay, which its files do not hold.
  if (!arguments_.decays_vectors) config["decays_vectors"] = false;
  return config;
}

}  // namespace lamina
