// ModelCheckpoint: saves the model while it trains.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/monitor.h"

namespace lamina {

/// Options of ModelCheckpoint, with Keras's defaults.
struct ModelCheckpointOptions {
  std::string monitor = "val_loss";
  int verbose = 0;                                     ///< 1: say what is saved
  bool save_best_only = false;                         ///< save only when the monitored log improved
  std::string mode = "auto";                           ///< "min", "max", or "auto": by the log's name
  int64_t save_freq = 0;                               ///< steps between saves; 0: at the end of each epoch
  std::optional<double> initial_value_threshold = {};  ///< save_best_only counts from there
};

/// Writes the model to a file, whole, at the end of epochs or every so many steps (Keras:
/// keras.callbacks.ModelCheckpoint).
///
/// A model whose weights became NaN or infinite in training never takes the place of an older file, which may
/// hold the last good ones: a warning says so once. With save_best_only a NaN is never the best, and any
/// number is better; in Keras a NaN in the first epoch stays the best for ever.
class ModelCheckpoint final : public Callback {
 public:
  /// `path` may hold fields in braces, as Python's format has them: "{epoch:02d}-{val_loss:.2f}.keras"
  /// (epochs count from 1 here, as do batches in {batch}). Throws InvalidArgument for an unknown mode and an
  /// extension without format.
  explicit ModelCheckpoint(std::string path, ModelCheckpointOptions options = {});
  std::string class_name() const override { return "ModelCheckpoint"; }

  /// Makes the folder and tries to write there, where no field of the path is in the way. Throws FileError.
  void on_train_begin(const Logs& logs) override;
  void on_epoch_begin(int epoch, const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;

  /// The best value so far.
  std::optional<double> best() const { return best_; }
  /// The file written last; empty when none was.
  const std::string& last_path() const { return last_path_; }

  std::vector<NamedTensor> state() const override;
  void set_state(const std::vector<NamedTensor>& state) override;

 private:
  static void make_folder_of(const std::string& path);
  bool keeps_older(const std::string& path);
  void save(int epoch, std::optional<int64_t> batch, const Logs& logs);

  std::string path_;
  ModelCheckpointOptions options_;
  Monitor monitor_;
  std::optional<double> best_;
  std::string last_path_;
  bool began_finite_ = true;  // a model may hold an infinite constant from the start
  bool kept_ = false;         // whether it was said that an older file was
  int epoch_ = 0;
  int64_t batches_ = 0;
};

namespace detail {
/// `pattern` with its fields in braces replaced: "{name}", "{name:02d}", "{name:.2f}" (flag 0, width,
/// precision, and d, f, e, g or %); a doubled brace stands for itself. "epoch" and "batch" are whole numbers,
/// the others are floats. Throws InvalidArgument for an unknown name or a format it cannot read.
std::string format_path(const std::string& pattern, const Logs& values);
}  // namespace detail

}  // namespace lamina
