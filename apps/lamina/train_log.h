// TrainLog: what a training run writes down after each epoch.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/background_file.h"
#include "lamina/base/files.h"
#include "lamina/nn/model.h"

namespace lamina::cli {

struct TrainLogOptions {
  std::string checkpoint;           ///< where the state goes
  std::string folder;               ///< of history.csv and run.json
  Json info = {};                   ///< what is kept in the checkpoint with the state
  WriteOptions write_options = {};  ///< of all these files
  bool json = false;                ///< print a line for each epoch on standard output
  bool only_good = false;           ///< keep the last checkpoint whenever the loss is no number
  bool saved = false;               ///< whether the checkpoint is there already, from before a resume
};

/// A history that after each epoch writes the checkpoint, history.csv in the run folder, and with `json` a
/// line on standard output. A checkpoint of more than 32 MB is written while the next epoch trains, once there is one:
/// where it cannot be written the training ends with that epoch. Like every history it goes on where it was after a resume, and then first writes
/// the rows again that a kill may have cost.
///
/// The checkpoint is always the last good state: an epoch after which the weights are not finite, though they
/// were, does not replace it, and neither does one whose loss or validation loss is not, once it was.
class TrainLog : public History {
 public:
  explicit TrainLog(TrainLogOptions options);

  std::string class_name() const override { return "TrainLog"; }
  void on_train_begin(const Logs& logs) override;
  void on_epoch_begin(int epoch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_train_end(const Logs& logs) override;
  void on_batch_begin(int64_t batch, const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;
  void set_state(const std::vector<NamedTensor>& state) override;

  /// Adds the time since the last call to seconds(), and notes it in the run folder.
  void count_time();
  /// Saves the checkpoint now, amid an epoch; or leaves the last good one when the state is not good().
  void save();
  /// Whether the state now is one that was, or would be, saved.
  bool good() const;
  const std::string& checkpoint() const { return options_.checkpoint; }
  /// Whether the checkpoint is of this training.
  bool saved() const { return options_.saved; }
  /// Mean time of a step in this process, without the first one, which compiles; 0 before the second.
  double step_seconds() const;
  /// Time of training, in all processes.
  double seconds() const { return seconds_; }

 private:
  bool turned_bad(const Logs& logs, const char* name) const;
  void write_checkpoint();
  void add_time();
  void write_history() const;
  std::string csv() const;

  TrainLogOptions options_;
  double seconds_ = 0, noted_ = 0, counted_ = 0, epoch_began_ = 0, step_began_ = 0, step_seconds_ = 0;
  int64_t steps_ = 0;
  bool bad_epoch_ = false, told_ = false;
  bool began_finite_ = true;  // a model may hold an infinite constant from the start
  BackgroundFile written_;    // the checkpoint
};

}  // namespace lamina::cli
