// FolderTraining: what trainings have in common that leave the folder of a pretrained model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "metrics.h"
#include "train_files.h"
#include "train_job.h"
#include "train_log.h"
#include "train_talk.h"

namespace lamina::cli {

/// `--out` as a folder, without slashes at its end; `otherwise` where it is not given. Throws UsageError for
/// a name that is one of a file.
std::string out_folder(const TrainOptions& options, const std::string& otherwise);

/// From the first look at the folder to the last line. Its checkpoint stands beside the folder, as
/// FOLDER.checkpoint.keras.
class FolderTraining {
 public:
  /// Makes the folder and takes its files for this process alone.
  /// @param name  of the run: "shakespeare"
  /// Throws FileError for a folder that holds a model which neither --resume nor --overwrite lets go.
  FolderTraining(const TrainOptions& options, const std::string& name, const std::string& folder);

  /// Reads the checkpoint that is to be resumed, or sees that none is lost, and opens the run folder.
  /// @param fingerprint  what makes it this training and no other, with the number of "epochs"
  /// Throws Error, naming what changed, for a checkpoint of another training.
  void open(const Json& fingerprint);
  /// Takes room for what saving needs. `length`: tokens of a text.
  void try_to_save(PretrainedModel& model, int64_t length) const;
  /// Trains the compiled model, to the end or to the interruption, which throws Error.
  /// @param validation  may be null
  /// @param best        the log by which the best epoch is known, whose weights are kept: "val_loss"; empty:
  /// the
  ///                    last one is
  /// @param data        what messages name
  void fit(PretrainedModel& model, BatchSource& training, BatchSource* validation, const std::string& best,
           std::vector<AnyCallback> more, const std::string& data);
  /// Throws Error if --stop-on-nan has ended it: the folder has been written by then.
  void refuse_bad_loss() const;
  /// The last lines, for a person or as JSON.
  /// @param more  further members of the JSON
  void finish(const Metrics& metrics, const std::string& metrics_of, const std::string& report,
              const Json& more = Json::object()) const;

  const Talk& talk() const { return talk_; }
  const TrainFiles& files() const { return files_; }
  const TrainLog& log() const { return *log_; }
  const std::string& folder() const { return folder_; }
  /// The epoch, from 1, whose weights are kept; 0: the last.
  int best_epoch() const { return best_epoch_; }

 private:
  const TrainOptions& options_;
  std::string name_, folder_;
  Talk talk_;
  TrainFiles files_;
  Json info_;
  int epochs_ = 0, best_epoch_ = 0;
  std::optional<TrainingState> saved_;
  std::unique_ptr<TrainLog> log_;
  std::optional<History::BadLoss> bad_loss_;
};

}  // namespace lamina::cli
