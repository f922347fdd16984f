// Weight decay, clipping and state of optimizers.
#include "lamina/nn/optimizers/slot_optimizer.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/detail/global_norm.h"
#include "lamina/nn/detail/registry-inl.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {

template class Registry<Optimizer>;

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
}

std::vector<Optimizer::Variable> SlotOptimizer::variables(std::span<const Target> targets) const {
  std::vector<Variable> all;
  all.push_back({"iteration", zeros({}, DType::kInt64)});
  if (!schedule())
    all.push_back({"learning_rate", full({}, arguments_.learning_rate.value(), DType::kFloat32)});
  for (const std::vector<std::string>& group : slot_groups()) {
    for (const Target& target : targets) {
      std::string prefix = target.path;
      std::replace(prefix.begin(), prefix.end(), '/', '_');
      for (const std::string& slot : group) {
        all.push_back({prefix + "_" + slot, zeros(target.type.shape, target.type.dtype)});
      }
    }
  }
  return all;
}

SlotOptimizer::Scalars SlotOptimizer::scalars(const Tensor& learning_rate, const Tensor&) const {
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
  const std::vector<std::vector<std::string>> groups = slot_groups();
  size_t slots_per_weight = 0;
  for (const std::vector<std::string>& group : groups) slots_per_weight += group.size();
  const size_t shared_state = schedule() ? 1 : 2;
  if (gradients.size() != weights.size() ||
      state.size() != shared_state + slots_per_weight * weights.size()) {
    throw InvalidArgument(
        class_name() + ": " + std::to_string(weights.size()) + " weights need as many gradients and " +
        std::to_string(shared_state + slots_per_weight * weights.size()) + " state tensors; received " +
        std::to_string(gradients.size()) + " and " + std::to_string(state.size()));
  }
  Update result;
  result.weights.resize(weights.size());
  result.state.resize(state.size());
  const Tensor next = state[0] + 1.0;
  result.state[0] = next;
  if (!schedule()) result.state[1] = state[1];
  const Tensor learning_rate = schedule() ? (*schedule())(state[0]) : state[1];
  const Scalars shared = scalars(learning_rate, cast(next, DType::kFloat32));
  const std::vector<Tensor> clipped = clip(gradients);
  for (size_t i = 0; i < weights.size(); ++i) {
    const DType dtype = weights[i].dtype();
    std::vector<size_t> places;
    size_t first = shared_state;
    for (const std::vector<std::string>& group : groups) {
      for (size_t slot = 0; slot < group.size(); ++slot) places.push_back(first + i * group.size() + slot);
      first += weights.size() * group.size();
    }
    std::vector<Tensor> slots;
    for (size_t place : places) slots.push_back(state[place]);
    Scalars typed;
    for (const Tensor& scalar : shared) typed.push_back(cast(scalar, dtype));
    Tensor weight = weights[i];
    if (arguments_.weight_decay && (arguments_.decays_vectors || weight.rank() > 1))
      weight = weight - weight * *arguments_.weight_decay * cast(learning_rate, dtype);
    const std::vector<Tensor> stepped = step(weight, cast(clipped[i], dtype), slots, typed);
    result.weights[i] = stepped[0];
    for (size_t slot = 0; slot < places.size(); ++slot) result.state[places[slot]] = stepped[1 + slot];
  }
  return result;
}

Json SlotOptimizer::common_config() const {
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
  Json config = Json::object({{"name", arguments_.name},
                              {"learning_rate", arguments_.learning_rate.json()},
                              {"weight_decay", number(arguments_.weight_decay)},
                              {"clipnorm", number(arguments_.clipnorm)},
                              {"global_clipnorm", number(arguments_.global_clipnorm)},
                              {"clipvalue", number(arguments_.clipvalue)},
                              {"use_ema", false},
                              {"ema_momentum", 0.99},
                              {"ema_overwrite_frequency", nullptr},
                              {"loss_scale_factor", nullptr},
                              {"gradient_accumulation_steps", nullptr}});
  // Keras says it by exclude_from_weight_decay, which its files do not hold.
  if (!arguments_.decays_vectors) config["decays_vectors"] = false;
  return config;
}

}  // namespace lamina
