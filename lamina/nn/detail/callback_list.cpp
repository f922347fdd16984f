// State of callbacks in snapshots.
#include "lamina/nn/detail/callback_list.h"

#include <algorithm>
#include <map>

#include "lamina/nn/callbacks/progress_bar.h"

namespace lamina::detail {
namespace {

// The prefix of each callback's tensors.
std::vector<std::string> prefixes(const std::vector<AnyCallback>& callbacks) {
  std::vector<std::string> result;
  std::map<std::string, int> seen;
  for (const AnyCallback& callback : callbacks) {
    const std::string name = callback->class_name();
    result.push_back("callbacks/" + name + "/" + std::to_string(seen[name]++) + "/");
  }
  return result;
}

}  // namespace

CallbackList::CallbackList(std::vector<AnyCallback> callbacks, int verbose)
    : callbacks_(std::move(callbacks)) {
  const auto is_bar = [](const AnyCallback& callback) {
    return dynamic_cast<ProgressBar*>(&*callback) != nullptr;
  };
  if (verbose != 0 && std::none_of(callbacks_.begin(), callbacks_.end(), is_bar)) push_front(ProgressBar());
}

std::vector<NamedTensor> CallbackList::state() const {
  std::vector<NamedTensor> all;
  const std::vector<std::string> names = prefixes(callbacks_);
  for (size_t i = 0; i < callbacks_.size(); ++i) {
    for (NamedTensor& tensor : callbacks_[i]->state())
      all.push_back({names[i] + tensor.name, std::move(tensor.value)});
  }
  return all;
}

void CallbackList::set_state(const TrainingSnapshot& snapshot) const {
  const std::vector<std::string> names = prefixes(callbacks_);
  for (size_t i = 0; i < callbacks_.size(); ++i) {
    std::vector<NamedTensor> state;
    for (const NamedTensor& tensor : snapshot.tensors) {
      if (tensor.name.starts_with(names[i]))
        state.push_back({tensor.name.substr(names[i].size()), tensor.value});
    }
    if (!state.empty()) callbacks_[i]->set_state(state);
  }
}

}  // namespace lamina::detail
