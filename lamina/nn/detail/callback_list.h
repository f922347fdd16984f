// CallbackList: the callbacks of one run, told together. Internal header.
#pragma once

#include <vector>

#include "lamina/nn/callbacks/callback.h"
#include "lamina/nn/detail/watched_handle.h"
#include "lamina/nn/snapshot.h"

namespace lamina::detail {

/// Each hook goes to every callback, in order. Throws InvalidArgument where one of them has moved or
/// destroyed the model, or assigned to it: neither the others nor the loop would find it.
class CallbackList {
 public:
  CallbackList() = default;
  /// `callbacks` with a ProgressBar in front, unless `verbose` is 0 or there is one among them.
  CallbackList(std::vector<AnyCallback> callbacks, int verbose);

  void push_front(AnyCallback callback) { callbacks_.insert(callbacks_.begin(), std::move(callback)); }
  void clear() { callbacks_.clear(); }
  bool empty() const { return callbacks_.empty(); }

  void attach(Model& model, const RunInfo& run) {
    if (callbacks_.empty()) return;
    handle_ = WatchedHandle(model);
    for (const AnyCallback& callback : callbacks_) callback->attach(model, run);
  }
  /// `tell(&Callback::on_epoch_begin, epoch, logs)`
  template <class... P, class... A>
  void tell(void (Callback::*hook)(P...), const A&... arguments) const {
    for (const AnyCallback& callback : callbacks_) {
      ((*callback).*hook)(arguments...);
      handle_.require();
    }
  }

  /// Lets every callback add its numbers to the logs of an epoch.
  void add_logs(int epoch, Logs& logs) const {
    for (const AnyCallback& callback : callbacks_) {
      callback->add_logs(epoch, logs);
      handle_.require();
    }
  }

  /// What callbacks remember, named "callbacks/CLASS/INDEX/NAME", and its way back to those of the same class
  /// in the same order.
  std::vector<NamedTensor> state() const;
  void set_state(const TrainingSnapshot& snapshot) const;

 private:
  std::vector<AnyCallback> callbacks_;
  WatchedHandle handle_;
};

}  // namespace lamina::detail
