// Chooses between the end of a training and its last good state.
#include "train_result.h"

#include <fmt/format.h>

#include "cli.h"
#include "lamina/base/error.h"

namespace lamina::cli {

TrainResult result_of(Model& model, const TrainLog& log, const TrainFiles& files, bool stopped) {
  if (!stopped && log.good()) return {model, std::nullopt};
  if (log.saved()) {
    Checkpoint last = load_checkpoint(files.checkpoint());
    const int kept = last.training ? last.training->epoch() : 0;
    tell(stderr, fmt::format("lamina: warning: {} is the model after epoch {}, the last good one\n",
                             files.out(), kept));
    return {std::move(last.model), kept};
  }
  throw Error("no epoch ended with losses and weights that are numbers: " +
              (exists(files.out()) ? "'" + files.out() + "' stays as it was" : "nothing is saved") +
              "; try a lower learning rate, or look for such values in the data");
}

}  // namespace lamina::cli
