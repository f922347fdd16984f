// Chooses between the end of a training and its last good state.
#include "train_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>

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

std::vector<std::pair<std::string, double>> final_metrics(TrainResult& result, const TrainingData& data,
                                                          const History& log) {
  if (!data.held_out_name.empty()) {
    return result.model.evaluate(data.held_out.x, data.held_out.y, {.batch_size = 256, .verbose = 0}).items();
  }
  std::vector<std::pair<std::string, double>> metrics;
  for (const std::string& name : log.names()) {
    const std::vector<double>& values = log[name];
    const size_t count = std::min(values.size(), static_cast<size_t>(result.kept.value_or(INT_MAX)));
    if (count > 0) metrics.emplace_back(name, values[count - 1]);
  }
  return metrics;
}

}  // namespace lamina::cli
