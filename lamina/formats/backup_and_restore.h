// BackupAndRestore: a training that was killed goes on when it is started again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// Options of BackupAndRestore, with Keras's defaults.
struct BackupAndRestoreOptions {
  int64_t save_freq = 0;          ///< steps between backups; 0: one at the end of each epoch
  bool delete_checkpoint = true;  ///< whether the backup goes when training came to its end
};

/// Keeps a backup of the training in BACKUP_DIR/training.keras (Keras: keras.callbacks.BackupAndRestore). A program that
/// was killed and is started again goes on from there: fit is told so before its first step, and what it computes is
/// then the same, bit for bit, as without the interruption. Keras's file holds weights and optimizer alone; this one also
/// the order of samples, random numbers, and what the other callbacks remember. Put it last, so that it sees what they
/// remember of the epoch.
///
/// The file appears at once and whole: a kill while it is written leaves the one before.
class BackupAndRestore final : public Callback {
 public:
  /// Throws InvalidArgument for an empty folder and a negative save_freq.
  explicit BackupAndRestore(std::string backup_dir, BackupAndRestoreOptions options = {});
  std::string class_name() const override { return "BackupAndRestore"; }
  /// The file, whether it is there or not.
  std::string path() const;

  /// The backup, where there is one. Throws FileError for a damaged one, with what to do; fit then throws InvalidArgument
  /// for one of another model, other data or another batch size.
  std::shared_ptr<const TrainingSnapshot> resume_from() override;
  /// Makes the folder. Throws FileError.
  void on_train_begin(const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_train_end(const Logs& logs) override;

 private:
  void save() const;

  std::string backup_dir_;
  BackupAndRestoreOptions options_;
  int64_t batches_ = 0;
  int epochs_ = 0;  // done, those before the backup included
};

}  // namespace lamina
