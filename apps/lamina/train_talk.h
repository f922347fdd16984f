// What trainings of all kinds say to whoever started them.
#pragma once

#include <cstdio>
#include <string>

#include "train_job.h"

namespace lamina::cli {

/// What a person reads, unless they asked for silence.
struct Talk {
  std::FILE* stream;
  bool quiet;
  void say(const std::string& text) const {
    if (!quiet) tell(stream, text + "\n");
  }
};

/// Says how a training that was interrupted goes on, and throws Error, which says that it was.
/// @param saved  whether the checkpoint is of this training.
/// @param good   whether it is the state at the interruption, or the last good one.
[[noreturn]] void tell_interrupted(const TrainOptions& options, const std::string& checkpoint, bool saved,
                                   bool good);

}  // namespace lamina::cli
