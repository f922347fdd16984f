// TrainLog: what a training run writes down after each epoch.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina::cli {

struct TrainLogOptions {
  std::string checkpoint;  ///< where the state goes
  std::string folder;      ///< of history.csv
  bool json = false;       ///< print a line for each epoch on standard output
  bool only_good = false;  ///< keep the last checkpoint when the loss is no number any more
  bool saved = false;      ///< whether the checkpoint is there already, from before a resume
};

/// A history that after each epoch writes the checkpoint, history.csv in the run folder, and with `json` a
/// line on standard output. Like every history it goes on where it was after a resume.
class TrainLog : public History {
 public:
  explicit TrainLog(TrainLogOptions options);

  std::string class_name() const override { return "TrainLog"; }
  void on_epoch_begin(int epoch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_batch_begin(int64_t batch, const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;
  std::vector<NamedTensor> state() const override;
  void set_state(const std::vector<NamedTensor>& state) override;

  /// Adds the time since the last call to seconds().
  void count_time();
  /// Saves the checkpoint now.
  void save();
  const std::string& checkpoint() const { return options_.checkpoint; }
  /// Whether the checkpoint is of this training.
  bool saved() const { return options_.saved; }
  /// Mean time of a step in this process, without the first one, which compiles; 0 before the second.
  double step_seconds() const;
  /// Time of training, in all processes.
  double seconds() const { return seconds_; }

 private:
  std::string csv() const;

  TrainLogOptions options_;
  double seconds_ = 0, counted_ = 0, epoch_began_ = 0, step_began_ = 0, step_seconds_ = 0;
  int64_t steps_ = 0;
};

}  // namespace lamina::cli
