// BackupAndRestore: a checkpoint that is written and read by itself.
#include "lamina/formats/backup_and_restore.h"

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/formats/checkpoint.h"

namespace lamina {

BackupAndRestore::BackupAndRestore(std::string backup_dir, BackupAndRestoreOptions options)
    : backup_dir_(std::move(backup_dir)), options_(options) {
  if (backup_dir_.empty()) throw InvalidArgument("BackupAndRestore: backup_dir is empty");
  if (options_.save_freq < 0) {
    throw InvalidArgument("BackupAndRestore: save_freq must be a number of steps, or 0 for each epoch; received " +
                          std::to_string(options_.save_freq));
  }
}

std::string BackupAndRestore::path() const { return backup_dir_ + "/training.keras"; }

std::shared_ptr<const TrainingSnapshot> BackupAndRestore::resume_from() {
  std::error_code missing;
  if (!std::filesystem::exists(path(), missing)) return nullptr;
  std::optional<TrainingState> state;
  try {
    state = load_training_state(path());
  } catch (const FileError& error) {
    throw FileError(std::string(error.what()) +
                    "; BackupAndRestore cannot go on from it: remove the file to begin anew");
  }
  if (!state) {
    throw FileError("'" + path() +
                    "' is a model without the state of a training, and no backup of one: remove it to begin anew");
  }
  return std::make_shared<const TrainingSnapshot>(std::move(state->training));
}

void BackupAndRestore::on_train_begin(const Logs&) {
  batches_ = 0;
  epochs_ = run().initial_epoch;
  std::error_code error;
  std::filesystem::create_directories(backup_dir_, error);
  if (error) throw FileError(backup_dir_ + ": cannot make this folder: " + error.message());
}

void BackupAndRestore::save() const { save_checkpoint(model(), path()); }

void BackupAndRestore::on_batch_end(int64_t, const Logs&) {
  if (options_.save_freq > 0 && ++batches_ % options_.save_freq == 0) save();
}

void BackupAndRestore::on_epoch_end(int epoch, const Logs&) {
  epochs_ = epoch + 1;
  if (options_.save_freq == 0) save();
}

void BackupAndRestore::on_train_end(const Logs&) {
  const bool ended = epochs_ >= run().epochs || model().stop_training;
  if (!ended) save();  // somebody stopped it in the middle of an epoch
  if (!ended || !options_.delete_checkpoint) return;
  std::error_code error;
  std::filesystem::remove(path(), error);
  if (error) throw FileError(path() + ": cannot remove: " + error.message());
}

}  // namespace lamina
