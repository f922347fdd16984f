// EarlyStopping: ends a training that no longer gets better.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/monitor.h"

namespace lamina {

/// Options of EarlyStopping, with Keras's defaults.
struct EarlyStoppingOptions {
  std::string monitor = "val_loss";     ///< the log to watch
  double min_delta = 0;                 ///< smaller changes do not count
  int patience = 0;                     ///< epochs without improvement after which training stops
  int verbose = 0;                      ///< 1: say so
  std::string mode = "auto";            ///< "min", "max", or "auto": by the log's name
  std::optional<double> baseline = {};  ///< waiting only starts anew when this is beaten as well
  bool restore_best_weights = false;    ///< at the end, go back to the weights of the best epoch
  int start_from_epoch = 0;             ///< epochs before that do not count
};

/// Sets Model::stop_training once a log has not improved for `patience` epochs (Keras:
/// keras.callbacks.EarlyStopping).
class EarlyStopping final : public Callback {
 public:
  /// Throws InvalidArgument for an unknown mode.
  explicit EarlyStopping(EarlyStoppingOptions options = {});
  std::string class_name() const override { return "EarlyStopping"; }

  void on_train_begin(const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_train_end(const Logs& logs) override;

  /// The epoch after which training was stopped; 0 when it was not.
  int stopped_epoch() const { return stopped_epoch_; }
  /// The epoch of the best value so far, and that value.
  int best_epoch() const { return best_epoch_; }
  std::optional<double> best() const { return best_; }

  std::vector<NamedTensor> state() const override;
  void set_state(const std::vector<NamedTensor>& state) override;

 private:
  EarlyStoppingOptions options_;
  Monitor monitor_;
  int wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
  std::optional<double> best_;
  std::vector<Tensor> best_weights_;
};

}  // namespace lamina
