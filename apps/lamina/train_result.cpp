// Chooses between the end of a training and its last good state.
#include "train_result.h"

#include <fmt/format.h>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/series/series_info.h"
#include "lamina/zoo/forecast.h"
#include "lamina/zoo/samples.h"

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

void renew_intervals(Model& model, const TrainingData& data) {
  const std::optional<SeriesInfo> series = SeriesInfo::of(model.data_info());
  if (!series) return;
  const bool given = data.raw_held_out.x.defined();
  const LabelledData held_out = given ? unseen_part(model, data.raw_held_out) : data.raw;
  const int64_t first = given ? series->window : series->trained_on;
  if (first < held_out.samples()) {
    const std::vector<float> values = held_out.x.to_vector<float>();
    learn_intervals(model, {values.begin(), values.end()}, first);
  } else {
    warn(
        "the model has learned from all values, and nobody knows how wrong its forecasts are now: they have "
        "no "
        "intervals. Hold some values out (--validation-split, --validation-data)");
  }
}

}  // namespace lamina::cli
