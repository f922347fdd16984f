// Walking the layers of models for those that others have, too.
#include "lamina/nn/detail/shared_use.h"

#include <atomic>
#include <mutex>
#include <unordered_set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/layer_state.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/model.h"

namespace lamina::detail {
namespace {

std::mutex& sharing() {
  static std::mutex mutex;
  return mutex;
}

void collect(const Layer& layer, std::unordered_set<const void*>& seen, std::vector<const Layer*>& found) {
  if (!seen.insert(layer.identity()).second) return;
  found.push_back(&layer);
  for (const auto& [member, inner] : layer.sublayers()) collect(*inner, seen, found);
  if (const auto* model = dynamic_cast<const Model*>(&layer)) {
    for (const auto& inner : ModelImpl::of(*model).layers) collect(*inner, seen, found);
  }
}

// Weights make a layer worth a guard; an Input may be shared without harm.
bool guarded(const Layer& layer) {
  return !layer.own_weights().empty() || dynamic_cast<const Model*>(&layer) != nullptr;
}

std::atomic<uint64_t> claims{1};

std::string name_of(const LayerState& model, const LayerUser& user) {
  if (!model.given_name.empty()) return model.given_name;
  return model.auto_name.empty() ? user.kind : model.auto_name;
}

std::string shared_with(const Relative& relative) {
  return "model '" + relative.model + "', which shares the layer '" + relative.layer + "' with it";
}

const char* const kAdvice =
    "; models that share layers are trained by one thread and asked by none meanwhile: give the other thread "
    "a "
    "copy (save and load_model)";

// The first relative that another thread changes, if any.
const Relative* changed_elsewhere(const std::vector<Relative>& relatives) {
  for (const Relative& relative : relatives) {
    try {
      const Usage::Reading look(*relative.usage);
    } catch (Usage::Busy) {
      return &relative;
    }
  }
  return nullptr;
}

// Throws where a model that shares a layer is the reason.
void explain(const Model& model, const char* action) {
  const std::vector<Relative> relatives = SharedUse::relatives(model);
  if (const Relative* other = changed_elsewhere(relatives)) {
    throw InvalidArgument("model '" + model.name() + "': " + action +
                          " was called while another thread trains or changes " + shared_with(*other) +
                          kAdvice);
  }
}

}  // namespace

std::vector<const Layer*> SharedUse::inside(const Layer& layer) {
  std::vector<const Layer*> found;
  std::unordered_set<const void*> seen;
  collect(layer, seen, found);
  return found;
}

void SharedUse::claim(const Model& model) {
  {
    const std::shared_ptr<ModelImpl> impl = ModelImpl::shared(model);
    const std::shared_ptr<Usage> usage(impl, &impl->usage);
    const std::lock_guard lock(sharing());
    for (const Layer* layer : inside(model)) {
      std::vector<LayerUser>& users = layer->state().users;
      std::erase_if(users, [&](const LayerUser& user) {
        return user.usage.expired() || user.model.lock() == model.state_;
      });
      users.push_back({model.state_, usage, model.auto_name()});
    }
    ++claims;
  }
  // Who began to change a shared layer before now does not know of this model.
  explain(model, "making it of these layers");
}

void SharedUse::release(const Model& model, const Layer& layer) {
  const std::lock_guard lock(sharing());
  std::erase_if(layer.state().users,
                [&](const LayerUser& user) { return user.model.lock() == model.state_; });
  ++claims;
}

std::vector<Relative> SharedUse::relatives(const Model& model) {
  std::vector<Relative> found;
  std::atomic<uint64_t>& alone = ModelImpl::of(model).alone_at_claim;
  if (alone.load() == claims.load()) return found;
  std::unordered_set<const void*> seen{model.identity()};
  const std::lock_guard lock(sharing());
  for (const Layer* layer : inside(model)) {
    const auto* within = dynamic_cast<const Model*>(layer);
    if (within && seen.insert(layer->identity()).second) {
      const std::shared_ptr<ModelImpl> impl = ModelImpl::shared(*within);
      found.push_back({std::shared_ptr<Usage>(impl, &impl->usage), within->name(), within->name()});
    }
    if (!guarded(*layer)) continue;
    for (const LayerUser& user : layer->state().users) {
      std::shared_ptr<Usage> usage = user.usage.lock();
      const std::shared_ptr<const LayerState> other = user.model.lock();
      if (usage && other && seen.insert(other.get()).second)
        found.push_back({std::move(usage), name_of(*other, user), layer->name()});
    }
  }
  if (found.empty()) alone = claims.load();
  return found;
}

std::vector<Relative> SharedUse::users(const Layer& layer) {
  std::vector<Relative> found;
  std::unordered_set<const void*> seen;
  const std::lock_guard lock(sharing());
  for (const Layer* one : inside(layer)) {
    // The weights themselves are not looked at: another call may be building them.
    if (!one->has_weights() && dynamic_cast<const Model*>(one) == nullptr) continue;
    for (const LayerUser& user : one->state().users) {
      std::shared_ptr<Usage> usage = user.usage.lock();
      const std::shared_ptr<const LayerState> model = user.model.lock();
      if (usage && model && seen.insert(model.get()).second)
        found.push_back({std::move(usage), name_of(*model, user), one->name()});
    }
  }
  return found;
}

LayerReading::LayerReading(const Layer& layer) {
  for (Relative& user : SharedUse::users(layer)) {
    try {
      readings_.push_back(std::make_unique<Usage::Reading>(*user.usage));
    } catch (Usage::Busy) {
      throw InvalidArgument("layer '" + layer.name() +
                            "' was called while another thread trains or changes model '" + user.model +
                            "', which has the layer '" + user.layer + "'" + kAdvice);
    }
    usages_.push_back(std::move(user.usage));
  }
}

Asking::Asking(const Model& model, const char* action) : keep_(ModelImpl::shared(model)) {
  try {
    own_.emplace(ModelImpl::of(model).usage);
  } catch (Usage::Busy) {
    explain(model, action);
    throw InvalidArgument(
        "model '" + model.name() + "': " + action +
        " was called while another thread trains or changes the model; a model is trained by one "
        "thread and asked by none meanwhile: give the other thread a copy (save and load_model)");
  }
}

Alone::Alone(const Model& model, const char* action) : keep_(ModelImpl::shared(model)) {
  try {
    own_.emplace(ModelImpl::of(model).usage);
  } catch (Usage::Busy) {
    explain(model, action);
    throw InvalidArgument("model '" + model.name() + "': " + action +
                          " was called while another thread uses the model; it needs the model alone");
  }
  for (Relative& relative : SharedUse::relatives(model)) {
    try {
      others_.push_back(std::make_unique<Usage::Changing>(*relative.usage));
    } catch (Usage::Busy) {
      throw InvalidArgument("model '" + model.name() + "': " + action +
                            " was called while another thread uses " + shared_with(relative) + kAdvice);
    }
    relatives_.push_back(std::move(relative.usage));
  }
}

}  // namespace lamina::detail
