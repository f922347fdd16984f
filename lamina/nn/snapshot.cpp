// Taking snapshots of a training and going back to them.
#include "lamina/nn/snapshot.h"

#include <limits>
#include <string_view>

#include "lamina/base/detail/checked_int.h"
#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/storage.h"

namespace lamina {

const Tensor* TrainingSnapshot::find(const std::string& name) const {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return &tensor.value;
  }
  return nullptr;
}

int TrainingSnapshot::epoch() const {
  return detail::checked_int(info.at("epoch").as_int(), "the snapshot's epoch");
}

int TrainingSnapshot::step() const {
  return detail::checked_int(info.at("step").as_int(), "the snapshot's step");
}

void TrainingSnapshot::require_place() const {
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  const auto require = [&](const char* what, const auto& fits) {
    const Json* value = info.find(what);
    // Earlier releases knew no passes.
    if (!value && std::string_view(what).starts_with("pass")) return;
    if (!value || !fits(*value)) {
      throw InvalidArgument(std::string("the snapshot's ") + what + " is " +
                            (value ? value->dump().substr(0, 40) : std::string("missing")) +
                            ", which is no place in a training");
    }
  };
  const auto counts = [](const Json& value) {
    return value.is_int() && value.as_int() >= 0 && value.as_int() <= kMost;
  };
  for (const char* what : {"epoch", "step", "pass", "pass_step", "fits"}) require(what, counts);
  require("seed", [](const Json& value) { return value.is_int(); });
  require("optimizer_built", [](const Json& value) { return value.is_bool(); });
}

TrainingSnapshot Model::snapshot() const {
  impl().require_built(*this);
  detail::Trainer& trainer = impl().ensure_trainer(*this);
  const detail::Position& position = impl().position;
  TrainingSnapshot snapshot;
  snapshot.info = Json::object({{"epoch", position.epoch},
                                {"step", position.step},
                                {"pass", position.pass},
                                {"pass_step", position.pass_step},
                                {"seed", static_cast<int64_t>(position.seed)},
                                {"fits", impl().fits},
                                {"optimizer_built", trainer.optimizer_built()}});
  for (const auto& [what, value] : position.identity.as_object()) snapshot.info[what] = value;
  const auto add = [&](const std::string& name, const Tensor& value) {
    snapshot.tensors.push_back({name, detail::own(value)});
  };
  for (const WeightPtr& weight : weights()) add("weights/" + weight->path, weight->value);
  for (const WeightPtr& weight : trainer.optimizer_state()) add("optimizer/" + weight->name, weight->value);
  for (const detail::NamedOptimizer& other : trainer.other_optimizers()) {
    for (const WeightPtr& weight : other.state)
      add("optimizer/" + other.name + "/" + weight->name, weight->value);
  }
  const detail::LiveLogs& live = position.logs;
  for (size_t i = 0; i < live.state.size(); ++i) add("metrics/" + std::to_string(i), live.state[i]);
  add("rng", trainer.key());
  const std::vector<NamedTensor> remembered =
      position.callbacks.empty() ? position.callback_state : position.callbacks.state();
  snapshot.tensors.insert(snapshot.tensors.end(), remembered.begin(), remembered.end());
  return snapshot;
}

void Model::restore(const TrainingSnapshot& snapshot) {
  impl().require_built(*this);
  detail::Trainer& trainer = impl().ensure_trainer(*this);
  if (snapshot.info.at("optimizer_built").as_bool()) trainer.build_optimizer();

  // First look whether everything fits, so that a refused snapshot changes nothing.
  std::vector<std::pair<Tensor*, const Tensor*>> writes;
  const auto plan = [&](const std::string& name, Tensor& to, bool other_dtype = false) {
    const Tensor* from = snapshot.find(name);
    if (!from) {
      throw InvalidArgument("the snapshot lacks '" + name +
                            "': was it taken of another model, or of a training with other logs?");
    }
    if (from->shape() != to.shape() || (from->dtype() != to.dtype() && !other_dtype)) {
      throw InvalidArgument("the snapshot's '" + name + "' is " + from->type().str() + ", the model's is " +
                            to.type().str());
    }
    writes.emplace_back(&to, from);
  };
  for (const WeightPtr& weight : weights()) plan("weights/" + weight->path, weight->value);
  for (const WeightPtr& weight : trainer.optimizer_state()) plan("optimizer/" + weight->name, weight->value);
  for (const detail::NamedOptimizer& other : trainer.other_optimizers()) {
    for (const WeightPtr& weight : other.state)
      plan("optimizer/" + other.name + "/" + weight->name, weight->value);
  }
  detail::LiveLogs& live = impl().position.logs;
  // Snapshots of before hold means in float32.
  const auto widened = [&](const std::string& name, const Tensor& to) {
    const Tensor* from = snapshot.find(name);
    return from && from->dtype() == DType::kFloat32 && to.dtype() == DType::kFloat64;
  };
  for (size_t i = 0; i < live.state.size(); ++i) {
    const std::string name = "metrics/" + std::to_string(i);
    // Between two epochs there is nothing in them, and the next one may log more.
    if (snapshot.step() > 0 || snapshot.find(name)) plan(name, live.state[i], widened(name, live.state[i]));
  }
  plan("rng", trainer.key());
  for (const auto& [to, from] : writes) {
    detail::make_exclusive(*to);  // whoever holds a value of before keeps it
    detail::overwrite(*to, *from);
  }
  live.changed();

  for (const WeightPtr& weight : weights()) weight->fresh = false;
  detail::Position& position = impl().position;
  position.epoch = snapshot.epoch();
  position.step = snapshot.step();
  position.seed = static_cast<uint64_t>(snapshot.info.at("seed").as_int());
  const Json* pass = snapshot.info.find("pass");
  const Json* pass_step = snapshot.info.find("pass_step");
  position.pass = pass ? detail::checked_int(pass->as_int(), "the snapshot's pass") : position.epoch;
  position.pass_step = pass_step ? pass_step->as_int() : position.step;
  impl().fits = detail::checked_int(snapshot.info.at("fits").as_int(), "the snapshot's fits");
}

}  // namespace lamina
