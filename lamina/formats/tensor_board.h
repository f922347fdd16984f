// TensorBoard: the logs of a training as files that TensorBoard shows.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// Options of TensorBoard.
struct TensorBoardOptions {
  int64_t update_freq = 0;               ///< also write the logs of every so many steps; 0: of epochs alone
  bool write_steps_per_second = false;   ///< also write how many steps an epoch did in a second
};

/// Writes the logs of every epoch for TensorBoard (Keras: keras.callbacks.TensorBoard): those of training into
/// LOG_DIR/train as "epoch_loss", "epoch_accuracy" ..., those of validation into LOG_DIR/validation under the same
/// names, and the learning rate as "epoch_learning_rate". With `update_freq`, the logs so far of steps too, as
/// "batch_loss" ... A log that is a row has a curve for each place, "epoch_f1_score/0". Each training begins files
/// of its own; what is written is on the disk at the end of each epoch. Graphs, histograms and profiles are not
/// written.
class TensorBoard final : public Callback {
 public:
  explicit TensorBoard(std::string log_dir = "logs", TensorBoardOptions options = {});
  std::string class_name() const override { return "TensorBoard"; }

  /// Throws FileError when the files cannot be written.
  void on_train_begin(const Logs& logs) override;
  void on_epoch_begin(int epoch, const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_train_end(const Logs& logs) override;

 private:
  void scalar(const std::string& part, const std::string& tag, double value, int64_t step);
  void write(const Logs& logs, const std::string& prefix, int64_t step);
  void flush();

  struct File {
    std::string path;
    std::shared_ptr<std::FILE> file;
  };
  File& file_of(const std::string& part);

  std::string log_dir_;
  TensorBoardOptions options_;
  std::map<std::string, File> files_;  // by "train" and "validation"
  int64_t steps_ = 0;                  // of this training
  double epoch_began_ = 0;
  int64_t epoch_steps_ = 0;
};

namespace detail {
/// A record of an event file: the length of `data`, its bytes, and masked CRC-32Cs of both.
std::string event_record(std::string_view data);
}  // namespace detail

}  // namespace lamina
