// LambdaCallback and TerminateOnNaN: callbacks of a few lines.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// The functions that a LambdaCallback calls; empty ones are skipped.
struct LambdaCallbackOptions {
  std::function<void(int epoch, const Logs& logs)> on_epoch_begin = {};
  std::function<void(int epoch, const Logs& logs)> on_epoch_end = {};
  std::function<void(const Logs& logs)> on_train_begin = {};
  std::function<void(const Logs& logs)> on_train_end = {};
  std::function<void(int64_t batch, const Logs& logs)> on_train_batch_begin = {};
  std::function<void(int64_t batch, const Logs& logs)> on_train_batch_end = {};
};

/// A callback made of functions (Keras: keras.callbacks.LambdaCallback):
/// `LambdaCallback({.on_epoch_end = [](int epoch, const Logs& logs) { ... }})`.
class LambdaCallback final : public Callback {
 public:
  explicit LambdaCallback(LambdaCallbackOptions functions);
  std::string class_name() const override { return "LambdaCallback"; }

  void on_epoch_begin(int epoch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_train_begin(const Logs& logs) override;
  void on_train_end(const Logs& logs) override;
  void on_batch_begin(int64_t batch, const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;

 private:
  LambdaCallbackOptions functions_;
};

/// Options of TerminateOnNaN.
struct TerminateOnNaNOptions {
  bool raise_error = false;  ///< throw InvalidArgument instead of stopping quietly
};

/// Ends training when the loss is NaN or infinite (Keras: keras.callbacks.TerminateOnNaN). History::bad_loss
/// says where it was.
class TerminateOnNaN final : public Callback {
 public:
  explicit TerminateOnNaN(const TerminateOnNaNOptions& options = {}) : options_(options) {}
  std::string class_name() const override { return "TerminateOnNaN"; }
  void on_epoch_begin(int epoch, const Logs&) override { epoch_ = epoch; }
  void on_batch_end(int64_t batch, const Logs& logs) override;

 private:
  TerminateOnNaNOptions options_;
  int epoch_ = 0;
};

}  // namespace lamina
