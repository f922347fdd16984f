// What is done for a network before its first epoch.
#pragma once

#include <atomic>

#include "train_job.h"
#include "train_talk.h"

namespace lamina::cli {

/// Recipe::start, where the job's recipe has one, with bars for a person who watches. Throws Error where `stop` ended it:
/// nothing is saved then.
void prepare(const TrainOptions& options, TrainJob& job, const TrainingData& data, const Talk& talk,
             const std::atomic<bool>& stop);

}  // namespace lamina::cli
