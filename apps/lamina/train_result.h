// What a training ended with: the model to be saved, and how good it is.
#pragma once

#include <optional>
#include <string>

#include "train_files.h"
#include "train_job.h"
#include "train_log.h"

namespace lamina::cli {

/// The model to be judged and saved.
struct TrainResult {
  Model model;
  std::optional<int> kept;  ///< its epochs, when it is the last good state and not the end
};

/// What training ended with or, when weights or losses are no numbers any more, what the checkpoint holds,
/// with a warning. Throws Error when no epoch was good: there is nothing to save then.
/// @param stopped  whether a loss that is no number ended the training amid an epoch.
TrainResult result_of(Model& model, const TrainLog& log, const TrainFiles& files, bool stopped);

/// Of a saved model of a series that was trained further: measures its intervals anew on the values that
/// `data` holds out, or says that there are none. Leaves other models alone.
void renew_intervals(Model& model, const TrainingData& data);

}  // namespace lamina::cli
