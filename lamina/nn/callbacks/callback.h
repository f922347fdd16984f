// Callback: what to do beside training. The concrete ones have a file each.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/nn/callbacks/logs.h"
#include "lamina/nn/weight.h"

namespace lamina {

class Model;
struct TrainingSnapshot;

/// What a callback may know of the run it belongs to.
struct RunInfo {
  int epochs = 1;  ///< number of the last epoch (epochs count from 0, so the last is epochs - 1)
  int initial_epoch = 0;
  int64_t initial_step = 0;  ///< of the first epoch, when it resumes in the middle of one
  int64_t steps = 0;         ///< steps of an epoch
  int64_t samples = 0;       ///< samples of an epoch
  int batch_size = 32;
  bool validation = false;
  int verbose = 1;
};

/// Base of all callbacks (Keras: keras.callbacks.Callback). Override what is needed. Epochs and batches count
/// from 0; the logs of a batch are those of the epoch so far, read from the device when looked at.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual std::string class_name() const { return "Callback"; }

  virtual void on_train_begin(const Logs&) {}
  virtual void on_train_end(const Logs&) {}
  virtual void on_epoch_begin(int /*epoch*/, const Logs&) {}
  /// Adds numbers to the logs of an epoch; called of every callback before any on_epoch_end.
  virtual void add_logs(int /*epoch*/, Logs&) {}
  virtual void on_epoch_end(int /*epoch*/, const Logs&) {}
  /// Keras's on_train_batch_begin / on_train_batch_end.
  virtual void on_batch_begin(int64_t /*batch*/, const Logs&) {}
  virtual void on_batch_end(int64_t /*batch*/, const Logs&) {}
  virtual void on_test_begin(const Logs&) {}
  virtual void on_test_end(const Logs&) {}
  virtual void on_test_batch_begin(int64_t /*batch*/, const Logs&) {}
  virtual void on_test_batch_end(int64_t /*batch*/, const Logs&) {}
  virtual void on_predict_begin(const Logs&) {}
  virtual void on_predict_end(const Logs&) {}
  virtual void on_predict_batch_begin(int64_t /*batch*/, const Logs&) {}
  virtual void on_predict_batch_end(int64_t /*batch*/, const Logs&) {}

  /// What the callback remembers between epochs, for exact resume.
  virtual std::vector<NamedTensor> state() const;
  virtual void set_state(const std::vector<NamedTensor>&) {}

  /// Where fit shall go on, asked before anything else of a run that was given no `.resume`: as if it had been
  /// given this one. Null: from the beginning. BackupAndRestore gives its backup.
  virtual std::shared_ptr<const TrainingSnapshot> resume_from() { return nullptr; }

  /// Called by the model before the run's first hook.
  void attach(Model& model, const RunInfo& run) {
    model_ = &model;
    run_ = run;
  }

 protected:
  Model& model() const { return *model_; }
  const RunInfo& run() const { return run_; }

 private:
  Model* model_ = nullptr;
  RunInfo run_;
};

namespace detail {
/// The `count` whole numbers of a tensor that a callback of class `class_name` saved. Throws InvalidArgument
/// when it holds more or fewer: a snapshot may come from a file.
std::vector<int64_t> callback_numbers(const NamedTensor& tensor, const char* class_name, int64_t count);
}  // namespace detail

/// A callback as options hold it: made from any callback by value, from a pointer to one that the caller
/// keeps (to ask it afterwards), or from a shared one. Throws InvalidArgument for a null pointer.
class AnyCallback {
 public:
  template <class C>
  requires std::derived_from<std::remove_cvref_t<C>, Callback> AnyCallback(C&& callback)
      : callback_(std::make_shared<std::remove_cvref_t<C>>(std::forward<C>(callback))) {}
  AnyCallback(Callback* callback);
  template <class C>
  requires std::derived_from<C, Callback> AnyCallback(std::shared_ptr<C> callback)
      : callback_(std::move(callback)) {
    require();
  }

  Callback& operator*() const { return *callback_; }
  Callback* operator->() const { return callback_.get(); }

 private:
  void require() const;

  std::shared_ptr<Callback> callback_;
};

}  // namespace lamina
