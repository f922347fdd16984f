// Taking snapshots of a training and going back to them.
#include "lamina/nn/snapshot.h"

#include <map>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/detail/storage.h"

namespace lamina {
namespace detail {

std::vector<NamedTensor> callback_state(const std::vector<AnyCallback>& callbacks) {
  std::vector<NamedTensor> all;
  std::map<std::string, int> seen;
  for (const AnyCallback& callback : callbacks) {
    const std::string name = callback->class_name();
    const std::string prefix = "callbacks/" + name + "/" + std::to_string(seen[name]++) + "/";
    for (NamedTensor& tensor : callback->state())
      all.push_back({prefix + tensor.name, std::move(tensor.value)});
  }
  return all;
}

}  // namespace detail

TrainingSnapshot Model::snapshot() const {
  impl_->require_built();
  detail::Trainer& trainer = impl_->ensure_trainer();
  const detail::Position& position = impl_->position;
  TrainingSnapshot snapshot;
  snapshot.info = Json::object({{"epoch", position.epoch},
                                {"step", position.step},
                                {"seed", static_cast<int64_t>(position.seed)},
                                {"samples", position.samples},
                                {"batch_size", position.batch_size},
                                {"shuffle", position.shuffle},
                                {"fits", impl_->fits},
                                {"optimizer_built", trainer.optimizer_built()}});
  const auto add = [&](const std::string& name, const Tensor& value) {
    snapshot.tensors.push_back({name, detail::own(value)});
  };
  for (const WeightPtr& weight : weights()) add("weights/" + weight->path, weight->value);
  for (const WeightPtr& weight : trainer.optimizer_state()) add("optimizer/" + weight->name, weight->value);
  const detail::LiveLogs& live = trainer.train_logs();
  for (size_t i = 0; i < live.state.size(); ++i) add("metrics/" + std::to_string(i), live.state[i]);
  add("rng", trainer.key());
  const std::vector<NamedTensor> remembered =
      position.callbacks.empty() ? position.callback_state : detail::callback_state(position.callbacks);
  snapshot.tensors.insert(snapshot.tensors.end(), remembered.begin(), remembered.end());
  return snapshot;
}

void Model::restore(const TrainingSnapshot& snapshot) {
  impl_->require_built();
  detail::Trainer& trainer = impl_->ensure_trainer();
  if (snapshot.info.at("optimizer_built").as_bool()) trainer.build_optimizer();

  // First look whether everything fits, so that a refused snapshot changes nothing.
  std::vector<std::pair<Tensor*, const Tensor*>> writes;
  const auto plan = [&](const std::string& name, Tensor& to) {
    const Tensor* from = snapshot.find(name);
    if (!from) throw InvalidArgument("the snapshot lacks '" + name + "': was it taken of another model?");
    if (from->type() != to.type()) {
      throw InvalidArgument("the snapshot's '" + name + "' is " + from->type().str() + ", the model's is " +
                            to.type().str());
    }
    writes.emplace_back(&to, from);
  };
  for (const WeightPtr& weight : weights()) plan("weights/" + weight->path, weight->value);
  for (const WeightPtr& weight : trainer.optimizer_state()) plan("optimizer/" + weight->name, weight->value);
  detail::LiveLogs& live = trainer.train_logs();
  for (size_t i = 0; i < live.state.size(); ++i) plan("metrics/" + std::to_string(i), live.state[i]);
  plan("rng", trainer.key());
  for (const auto& [to, from] : writes) detail::overwrite(*to, *from);

  detail::Position& position = impl_->position;
  position.epoch = snapshot.epoch();
  position.step = snapshot.step();
  position.seed = static_cast<uint64_t>(snapshot.info.at("seed").as_int());
  position.samples = snapshot.info.at("samples").as_int();
  position.batch_size = snapshot.info.at("batch_size").as_int();
  position.shuffle = snapshot.info.at("shuffle").as_bool();
  impl_->fits = static_cast<int>(snapshot.info.at("fits").as_int());
  weights_changed();
}

}  // namespace lamina
