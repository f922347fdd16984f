// ModelCheckpoint: saves the model while it trains.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/monitor.h"

namespace lamina {

class BackgroundFile;

/// Options of ModelCheckpoint, with Keras's defaults.
struct ModelCheckpointOptions {
  std::string monitor = "val_loss";
  int verbose = 0;                                     ///< 1: say what is saved
  bool save_best_only = false;                         ///< save only when the monitored log improved
  std::string mode = "auto";                           ///< "min", "max", or "auto": by the log's name
  int64_t save_freq = 0;                               ///< steps between saves; 0: at the end of each epoch
  std::optional<double> initial_value_threshold = {};  ///< save_best_only counts from there
  /// How many of the files that it wrote stay: the newest ones, and the best by the monitored log besides,
  /// where it is logged. 0: all. `path` needs a field then. The others are removed once a newer one is whole.
  int max_to_keep = 0;
  /// Whether training goes on while the file is written: what the file holds is taken between two steps (the
  /// bytes of the file, in memory), and a thread writes it. One file at a time; the end of fit waits for it.
  /// What goes wrong is thrown where the next one is saved, or at the end. For formats that can be made in
  /// memory (".keras"); others are written as ever.
  bool save_on_background = false;
  /// Whether the file also holds where training stands, as save_checkpoint writes it: fit goes on from
  /// load_checkpoint(path).training bit for bit. Put the callback last, so that it sees what the others
  /// remember of the epoch. ".keras" alone.
  bool training_state = false;
};

/// Writes the model to a file, whole, at the end of epochs or every so many steps (Keras:
/// keras.callbacks.ModelCheckpoint).
///
/// A model whose weights became NaN or infinite in training never takes the place of an older file, which may
/// hold the last good ones: a warning says so once. With save_best_only a NaN is never the best, and any
/// number is better; in Keras a NaN in the first epoch stays the best for ever.
///
/// Each file appears at once and whole: a kill at any moment leaves the older ones and no half of a new one.
class ModelCheckpoint final : public Callback {
 public:
  /// `path` may hold fields in braces, as Python's format has them: "{epoch:02d}-{val_loss:.2f}.keras"
  /// (epochs count from 1 here, as do batches in {batch}). Throws InvalidArgument for an unknown mode, an
  /// extension without format, a max_to_keep that is negative or whose path has no field, and training_state
  /// where the format has no place for it.
  explicit ModelCheckpoint(std::string path, ModelCheckpointOptions options = {});
  std::string class_name() const override { return "ModelCheckpoint"; }

  /// Makes the folder and tries to write there, where no field of the path is in the way. Throws FileError.
  void on_train_begin(const Logs& logs) override;
  void on_epoch_begin(int epoch, const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  /// Waits for a file that is being written. Throws what went wrong with it.
  void on_train_end(const Logs& logs) override;

  /// The best value so far.
  std::optional<double> best() const { return best_; }
  /// The file written last, or being written; empty when none was.
  const std::string& last_path() const { return last_path_; }

  std::vector<NamedTensor> state() const override;
  void set_state(const std::vector<NamedTensor>& state) override;

 private:
  static void make_folder_of(const std::string& path);
  bool keeps_older(const std::string& path);
  void save(int epoch, std::optional<int64_t> batch, const Logs& logs);
  void write(const std::string& path);
  void remember(const std::string& path, const Logs& logs);
  void remove_older();

  /// A file that it wrote, and what was logged then.
  struct Written {
    std::string path;
    double value = 0;  // of the monitored log; NaN where there was none
  };

  std::string path_;
  ModelCheckpointOptions options_;
  Monitor monitor_;
  std::optional<double> best_;
  std::string last_path_;
  bool began_finite_ = true;  // a model may hold an infinite constant from the start
  bool kept_ = false;         // whether it was said that an older file was
  int epoch_ = 0;
  int64_t batches_ = 0;
  std::vector<Written> written_ = {};                             // oldest first
  std::shared_ptr<BackgroundFile> background_ = nullptr;  // where files are written while training
};

namespace detail {
/// `pattern` with its fields in braces replaced: "{name}", "{name:02d}", "{name:.2f}" (flag 0, width,
/// precision, and d, f, e, g or %); a doubled brace stands for itself. "epoch" and "batch" are whole numbers,
/// the others are floats. Throws InvalidArgument for an unknown name or a format it cannot read.
std::string format_path(const std::string& pattern, const Logs& values);
/// Whether `path` looks like what format_path makes of the pattern: a state from a file names files to
/// remove.
bool may_come_of(const std::string& pattern, const std::string& path);
}  // namespace detail

}  // namespace lamina
