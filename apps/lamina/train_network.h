// lamina train of a network.
#pragma once

#include "train_job.h"

namespace lamina::cli {

/// What `lamina train` does for a recipe of networks, and for a saved model; the exit status.
int train_network(const TrainOptions& options);

}  // namespace lamina::cli
