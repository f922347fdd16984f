// Chooses between the end of a training and its last good state.
#include "train_result.h"

#include <fmt/format.h>

#include "cli.h"
#include "lamina/base/error.h"

namespace lamina::cli {

TrainResult result_of(Model& model, const TrainLog& log, const TrainFiles& files) {
  if (log.good()) return {model, std::nullopt};
  if (log.saved()) {
    Checkpoint last = load_checkpoint(files.checkpoint());
    const int kept = last.training ? last.training->epoch() : 0;
    tell(stderr, fmt::format("lamina: warning: {} is the model after epoch {}, the last good one\n",
                             files.out(), kept));
    return {std::move(last.model), kept};
  }
  if (exists(files.out())) {
    throw Error("no epoch ended with weights that are numbers: '" + files.out() + "' stays as it was");
  }
  return {model, std::nullopt};
}

}  // namespace lamina::cli
