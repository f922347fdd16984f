// Judging a recipe by networks that are trained on parts of the data.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "train_job.h"
#include "train_talk.h"

namespace lamina::cli {

/// Whether such networks judge the training: the recipe asks for it, and nothing was held out.
bool judged_by_folds(const TrainJob& job, const TrainingData& data, const TrainOptions& options);

/// The figures of the job's recipe on all samples of data.raw, each from a network that has not seen it: loss, accuracy,
/// and what the recipe is judged by. Empty where the flag said to stop.
std::vector<std::pair<std::string, double>> fold_metrics(const TrainOptions& options, const TrainJob& job,
                                                         const TrainingData& data, const Talk& talk,
                                                         const std::atomic<bool>& stop);

/// "10 folds", for the place of the name of what judged.
std::string folds_name(const TrainJob& job);

}  // namespace lamina::cli
