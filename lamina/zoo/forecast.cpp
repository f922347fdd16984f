// A model's forecasts, and intervals of the errors it has made.
#include "lamina/zoo/forecast.h"

#include <algorithm>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/series/forecaster.h"
#include "lamina/series/series_info.h"

namespace lamina {

void learn_intervals(Model& model, const std::vector<double>& values, int64_t first) {
  constexpr int64_t kMostSteps = 30;
  constexpr double kCoverage = 0.9;
  DataInfo info = model.data_info();
  std::optional<SeriesInfo> series = SeriesInfo::of(info);
  if (!series) throw InvalidArgument("model '" + model.name() + "' was not trained on a series");
  const auto ahead = static_cast<int64_t>(values.size()) - first;
  const int64_t steps = std::clamp<int64_t>(ahead / 4, 1, kMostSteps);
  const ForecastErrors errors = walk_forward(*model_forecaster(model), values, first, steps);
  series->coverage = kCoverage;
  series->lower.clear();
  series->upper.clear();
  for (size_t step = 1; step <= static_cast<size_t>(steps); ++step) {
    // errors are forecast - truth: the truth lies where they do not.
    series->lower.push_back(-errors.quantile((1 + kCoverage) / 2, step));
    series->upper.push_back(-errors.quantile((1 - kCoverage) / 2, step));
  }
  series->save(info);
  model.set_data_info(std::move(info));
}

Forecast forecast(Model& model, const LabelledData& series, int64_t steps) {
  const std::optional<SeriesInfo> info = SeriesInfo::of(model.data_info());
  if (!info) throw InvalidArgument("model '" + model.name() + "' was not trained on a series");
  const std::vector<float> floats = series.x.to_vector<float>();
  const std::vector<double> values(floats.begin(), floats.end());
  const auto end = static_cast<int64_t>(values.size());
  Forecast result;
  result.values = model_forecaster(model)->forecast(values, {end}, steps).at(0);
  if (!series.names.empty()) result.last = series.names.back();
  result.coverage = info->coverage;
  const size_t known = std::min(info->lower.size(), result.values.size());
  for (size_t i = 0; i < known; ++i) {
    result.lower.push_back(result.values[i] + info->lower[i]);
    result.upper.push_back(result.values[i] + info->upper[i]);
  }
  return result;
}

}  // namespace lamina
