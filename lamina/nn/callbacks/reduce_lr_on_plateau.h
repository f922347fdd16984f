// ReduceLROnPlateau: a smaller learning rate when training no longer gets better.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/monitor.h"

namespace lamina {

/// Options of ReduceLROnPlateau, with Keras's defaults.
struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";  ///< the log to watch
  double factor = 0.1;               ///< what the learning rate is multiplied with, below 1
  int patience = 10;                 ///< epochs without improvement after which it is
  int verbose = 0;                   ///< 1: say so
  std::string mode = "auto";         ///< "min", "max", or "auto": by the log's name
  double min_delta = 1e-4;           ///< smaller changes do not count
  int cooldown = 0;                  ///< epochs after a reduction that do not count
  double min_lr = 0.0;               ///< the rate falls no further
};

/// Multiplies the learning rate with `factor` once a log has not improved for `patience` epochs, and logs the
/// rate of the epoch as "learning_rate" (Keras: keras.callbacks.ReduceLROnPlateau).
class ReduceLROnPlateau final : public Callback {
 public:
  /// Throws InvalidArgument for a factor of 1 or more and for an unknown mode.
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {});
  std::string class_name() const override { return "ReduceLROnPlateau"; }

  void on_train_begin(const Logs& logs) override;
  void add_logs(int epoch, Logs& logs) override;
  /// Throws InvalidArgument when the rate should fall and the optimizer has a schedule.
  void on_epoch_end(int epoch, const Logs& logs) override;

  std::vector<NamedTensor> state() const override;
  void set_state(const std::vector<NamedTensor>& state) override;

 private:
  void reduce(int epoch);

  ReduceLROnPlateauOptions options_;
  Monitor monitor_;
  int wait_ = 0, cooldown_left_ = 0;
  std::optional<double> best_;
};

}  // namespace lamina
