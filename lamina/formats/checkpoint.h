// Checkpoints: a model's file that also holds everything needed to go on training it.
#pragma once

#include <optional>
#include <string>

#include "lamina/base/files.h"
#include "lamina/nn/model.h"
#include "lamina/nn/snapshot.h"

namespace lamina {

/// Writes a .keras archive with two further members, which Keras leaves alone: lamina/training.json and
/// lamina/training.npz, the model's TrainingSnapshot. So the newest checkpoint is at every moment also a
/// model for Keras, evaluate and predict. The file is replaced atomically: a kill at any moment leaves a
/// readable one. Throws FileError when it cannot be written.
void save_checkpoint(const Model& model, const std::string& path);

/// Like save_checkpoint, with the state of training taken earlier. `info`, an object, is kept with it: what
/// the caller needs to go on, such as the command's arguments.
void save_checkpoint(const Model& model, const TrainingSnapshot& training, const Json& info,
                     const std::string& path, const WriteOptions& options = {});

/// The bytes that save_checkpoint writes.
std::string checkpoint_bytes(const Model& model, const TrainingSnapshot& training, const Json& info);

/// What a checkpoint holds.
struct Checkpoint {
  Model model;
  /// Where training stood; give it to fit as `.resume`. Empty for a plain .keras file.
  std::optional<TrainingSnapshot> training;
  /// As given to save_checkpoint; null if nothing was.
  Json info;
};

/// Where a checkpoint's training stood, without its tensors.
struct CheckpointInfo {
  Json training;  ///< TrainingSnapshot::info
  Json info;      ///< as given to save_checkpoint
};

/// Reads no more than that; empty for a plain .keras file. Throws FileError.
std::optional<CheckpointInfo> read_checkpoint_info(const std::string& path);

/// Reads a .keras archive, with or without training state. Throws as load_keras does.
Checkpoint load_checkpoint(const std::string& path);

/// The same without the model, for a training whose model is made anew: `.keras` archives of models of
/// several inputs that are no graph do not say how they are built.
struct TrainingState {
  TrainingSnapshot training;
  Json info;  ///< as given to save_checkpoint
};
/// Empty for a plain .keras file. Throws FileError.
std::optional<TrainingState> load_training_state(const std::string& path);

/// What the model in one file has in common with that in another, from nothing to all.
enum class Likeness {
  kNoModel,      ///< one of the two is no .keras archive that can be read
  kOther,        ///< the layers differ
  kSameLayers,   ///< the same layers; weights, optimizer or loss differ
  kSameWeights,  ///< the same configuration and the same weights and optimizer's variables, bit for bit
};

/// Compares the models in two .keras archives, checkpoints or not, by their contents alone: dates and
/// the state of training do not count. Reads both as a whole. Throws nothing but std::bad_alloc.
Likeness model_likeness(const std::string& path, const std::string& other);

}  // namespace lamina
