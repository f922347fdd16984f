// A model's forecasts, and intervals of the errors it has made.
#include "lamina/zoo/forecast.h"

#include <algorithm>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/series/forecaster.h"
#include "lamina/series/series_info.h"

namespace lamina {

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
