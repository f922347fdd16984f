// The files of a training: who else writes them, what they hold already, and whether they can be written.
#pragma once

#include <list>
#include <string>

#include "lamina/base/file_lock.h"
#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"

namespace lamina::cli {

/// Where a training writes. Everything that saving needs is tried before the first step, so that nothing is
/// refused after it.
class TrainFiles {
 public:
  /// Takes the model's file and the checkpoint beside it for this process alone, until the object goes.
  /// @param overwrite  whether files of a longer training, and protected ones, are replaced.
  /// Throws FileError when another process has one of them, or when one cannot be written.
  TrainFiles(const std::string& out, bool overwrite);
  /// The same with the checkpoint at a place of its own.
  TrainFiles(const std::string& out, const std::string& checkpoint, bool overwrite);

  const std::string& out() const { return out_; }
  const std::string& checkpoint() const { return checkpoint_; }
  const std::string& folder() const { return folder_; }
  const WriteOptions& write_options() const { return write_options_; }

  /// Throws Error unless the new training may replace what is in the checkpoint: a training of more than a
  /// single epoch, or one that has not come to its end, is not replaced unasked, and neither is what cannot
  /// be read as one.
  void refuse_to_lose_training() const;
  /// Throws FileError unless the new training may replace what is at out(): nothing, or a model that has at
  /// least `least` in common with the one in the checkpoint. Any other model, and what is none, may be
  /// somebody's work, and is not replaced unasked.
  void refuse_to_lose_model(Likeness least) const;
  /// Makes or finds the run folder, takes it for this process alone, and tries to write what belongs there.
  /// @param wanted  what the user named, or "".
  /// @param name    of the job.
  /// @param resume  where the run goes on, or nullptr.
  /// Throws Error when the history there is of a longer training that is not this one.
  void open_folder(const std::string& wanted, const std::string& name, const TrainingSnapshot* resume);
  /// Puts together what a checkpoint of `model` with `info` holds, and takes room for it on the disk, and for
  /// another copy if there is none yet. `input`: a shape of data for a model that is not built.
  void try_to_save(Model& model, const Json& info, const Shape& input) const;

 private:
  void try_to_write(const std::string& path) const;

  std::string out_, checkpoint_, folder_;
  bool overwrite_;
  WriteOptions write_options_;
  std::list<FileLock> locks_;
};

}  // namespace lamina::cli
