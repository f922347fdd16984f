// What makes one training another: kept in its checkpoint, and compared when it is resumed.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/checkpoint.h"
#include "train_job.h"

namespace lamina::cli {

/// {"model", "compile", "samples", "held_out", "batch_size", "seed", "validation_split"}: the configurations
/// in full, so that a difference can be named, and of the data a hash (of all bytes up to 64 MiB an array,
/// and of evenly spaced ones beyond).
Json fingerprint_of(const TrainOptions& options, const TrainJob& job, const TrainingData& data);

/// A hash of texts in their order.
std::string hash_of(const std::vector<std::string>& texts);

/// A hash of the weights that a training begins with.
std::string hash_of(const Model& model);

/// What else than the old command there is for a training that is not the one of a checkpoint.
enum class OtherWay {
  kAllowChanges,  ///< --allow-changes
  kChanged,       ///< that was given: the changes are told and no error
  kAnotherOut,    ///< only another --out
};

/// What `now`, a fingerprint, says otherwise than the one in `saved`, the info of the file `checkpoint`. One
/// without a fingerprint is told in a warning and compared with nothing. Throws Error, naming what changed
/// and the `other` way.
std::vector<std::string> changes_since(const Json& saved, const std::string& checkpoint, const Json& now,
                                       OtherWay other);

/// Compares what is resumed, the checkpoint `saved` of the file `checkpoint`, with `now`, the fingerprint of
/// what the command line says. Throws Error, naming what changed; with --allow-changes warns of it, and lets
/// the snapshot go on with the job's model: the optimizer's settings are those of now, and between two epochs
/// so are the number of samples and the batch size, while the order of samples stays that of the seed of
/// then.
void check_changes(Checkpoint& saved, const std::string& checkpoint, const Json& now,
                   const TrainOptions& options, TrainJob& job, const TrainingData& data);

}  // namespace lamina::cli
