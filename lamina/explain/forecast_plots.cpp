// Forecasts beside the truth.
#include "lamina/explain/forecast_plots.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "lamina/series/forecaster.h"
#include "lamina/series/series_info.h"
#include "lamina/zoo/forecast.h"

namespace lamina {

std::vector<Plot> forecast_plots(Model& model, const LabelledData& series, int64_t shown) {
  const std::optional<SeriesInfo> info = SeriesInfo::of(model.data_info());
  if (!info) return {};
  const std::vector<float> floats = series.x.to_vector<float>();
  const std::vector<double> all(floats.begin(), floats.end());
  const auto size = static_cast<int64_t>(all.size());
  const int64_t first = std::max(info->window, size - shown);
  std::vector<int64_t> origins(static_cast<size_t>(size - first));
  std::iota(origins.begin(), origins.end(), first);
  const auto forecasts = model_forecaster(model)->forecast(all, origins, 1);

  const std::string column = series.features.empty() ? "value" : series.features[0];
  const auto percent = std::to_string(static_cast<int>(info->coverage * 100 + 0.5)) + "%";
  Plot past{.heading = "One step ahead", .note = {}, .x_label = "time step", .y_label = column};
  Plot::Curve truth{.name = "truth", .x = {}, .y = {}}, said{.name = "forecast", .x = {}, .y = {}};
  Plot::Band band{.name = percent, .x = {}, .low = {}, .high = {}};
  for (size_t i = 0; i < origins.size(); ++i) {
    const auto at = static_cast<double>(origins[i]);
    truth.x.push_back(at);
    truth.y.push_back(all[static_cast<size_t>(origins[i])]);
    said.x.push_back(at);
    said.y.push_back(forecasts[i][0]);
    if (info->lower.empty()) continue;
    band.x.push_back(at);
    band.low.push_back(forecasts[i][0] + info->lower[0]);
    band.high.push_back(forecasts[i][0] + info->upper[0]);
  }
  past.curves = {truth, said};
  if (!band.x.empty()) past.bands = {band};

  const int64_t steps = std::max<int64_t>(1, static_cast<int64_t>(info->lower.size()));
  const Forecast next = forecast(model, series, steps);
  Plot future{.heading = "How it goes on", .note = {}, .x_label = "time step", .y_label = column};
  future.note = next.last.empty() ? "" : "after " + next.last;
  const size_t recent = truth.x.size() > 60 ? truth.x.size() - 60 : 0;
  truth.x.erase(truth.x.begin(), truth.x.begin() + static_cast<std::ptrdiff_t>(recent));
  truth.y.erase(truth.y.begin(), truth.y.begin() + static_cast<std::ptrdiff_t>(recent));
  said = {.name = "forecast", .x = {static_cast<double>(size - 1)}, .y = {all.back()}};
  band = {.name = percent, .x = said.x, .low = said.y, .high = said.y};
  for (size_t i = 0; i < next.values.size(); ++i) {
    const auto at = static_cast<double>(size) + static_cast<double>(i);
    said.x.push_back(at);
    said.y.push_back(next.values[i]);
    if (i >= next.lower.size()) continue;
    band.x.push_back(at);
    band.low.push_back(next.lower[i]);
    band.high.push_back(next.upper[i]);
  }
  future.curves = {truth, said};
  if (band.x.size() > 1) future.bands = {band};
  return {past, future};
}

}  // namespace lamina
