// CallbackList: the callbacks of one run, told together. Internal header.
#pragma once

#include <vector>

#include "lamina/nn/callbacks/callback.h"
#include "lamina/nn/snapshot.h"

namespace lamina::detail {

/// Each hook goes to every callback, in order.
class CallbackList {
 public:
  CallbackList() = default;
  /// `callbacks` with a ProgressBar in front, unless `verbose` is 0 or there is one among them.
  CallbackList(std::vector<AnyCallback> callbacks, int verbose);

  void push_front(AnyCallback callback) { callbacks_.insert(callbacks_.begin(), std::move(callback)); }
  void clear() { callbacks_.clear(); }
  bool empty() const { return callbacks_.empty(); }

  void attach(Model& model, const RunInfo& run) const {
    for (const AnyCallback& callback : callbacks_) callback->attach(model, run);
  }
  /// `tell(&Callback::on_epoch_begin, epoch, logs)`
  template <class... P, class... A>
  void tell(void (Callback::*hook)(P...), const A&... arguments) const {
    for (const AnyCallback& callback : callbacks_) ((*callback).*hook)(arguments...);
  }

  /// Lets every callback add its numbers to the logs of an epoch.
  void add_logs(int epoch, Logs& logs) const {
    for (const AnyCallback& callback : callbacks_) callback->add_logs(epoch, logs);
  }

  /// What callbacks remember, named "callbacks/CLASS/INDEX/NAME", and its way back to those of the same class
  /// in the same order.
  std::vector<NamedTensor> state() const;
  void set_state(const TrainingSnapshot& snapshot) const;

 private:
  std::vector<AnyCallback> callbacks_;
};

}  // namespace lamina::detail
