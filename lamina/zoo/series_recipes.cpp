// Recipes that learn to forecast a series.
#include <algorithm>
#include <cmath>
#include <memory>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/series/forecaster.h"
#include "lamina/series/series_info.h"
#include "lamina/zoo/forecast.h"
#include "lamina/zoo/recipes.h"

namespace lamina {
namespace {

constexpr int64_t kWindow = 10;

// Seasons that a series may have by how its times are written: a month, a day, or a time of day. Where no
// times are known, those of quarters, days, months, hours and weeks.
std::vector<int64_t> possible_periods(const std::vector<std::string>& times) {
  const size_t length = times.empty() ? 0 : times[0].size();
  if (length == 7) return {12};
  if (length == 10) return {7, 365};
  if (length > 10) return {24, 168};
  return {4, 7, 12, 24, 52};
}

std::vector<double> values_of(const LabelledData& data) {
  const std::vector<float> values = data.x.to_vector<float>();
  return std::vector<double>(values.begin(), values.end());
}

// The tutorial's SimpleRNN(50) on windows of ten. The scale of the training part is part of the network,
// which so takes and gives the numbers of the series.
Model next_value(const LabelledData& training, const RecipeRun& run) {
  const std::vector<double> values = values_of(training);
  if (static_cast<int64_t>(values.size()) <= kWindow) {
    throw InvalidArgument("the series has " + std::to_string(values.size()) +
                          " values to learn from; windows of " + std::to_string(kWindow) +
                          " and a value behind need at least " + std::to_string(kWindow + 1));
  }
  if (std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; })) {
    throw InvalidArgument("the series is constant, " + std::to_string(values[0]) +
                          ": there is nothing to learn");
  }
  double mean = 0, variance = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values)
    variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  const double deviation = std::sqrt(variance);
  Sequential model({Input({kWindow, 1}), Rescaling(1 / deviation, {.offset = -mean / deviation}),
                    SimpleRNN(50), Dense(1), Rescaling(deviation, {.offset = mean})},
                   {.seed = run.seed});
  model.compile({.optimizer = Adam(), .loss = "mean_squared_error", .metrics = {"root_mean_squared_error"}});
  DataInfo info;
  const auto seen = static_cast<int64_t>(values.size());
  SeriesInfo{.window = kWindow, .trained_on = seen, .fingerprint = series_fingerprint(training.x, seen)}.save(
      info);
  model.set_data_info(info);
  return model;
}

// Errors of the model on what was held out, and those of the baselines.
Comparison compared(Model& model, const LabelledData& training, const LabelledData& held_out) {
  if (!held_out.x.defined()) return {};
  // What is held out begins with the window before its first forecast.
  std::vector<double> all = values_of(training);
  const std::vector<double> rest = values_of(held_out);
  const auto first = static_cast<int64_t>(all.size());
  all.insert(all.end(), rest.begin() + kWindow, rest.end());
  learn_intervals(model, all, first);

  const std::vector<double> learned = values_of(training);
  std::vector<std::unique_ptr<Forecaster>> baselines;
  baselines.push_back(persistence());
  const int64_t period = season_of(learned, possible_periods(training.names));
  if (period > 0) baselines.push_back(seasonal_naive(period));
  if (first >= 2 * kWindow + 2) baselines.push_back(linear_autoregression(learned, kWindow));
  Comparison result;
  for (const auto& baseline : baselines)
    result.emplace_back(baseline->name(), walk_forward(*baseline, all, first).rmse());
  return result;
}

}  // namespace

std::vector<Recipe> detail::series_recipes() {
  return {{.name = "series",
           .description = "forecast the next value of a series in a table (SimpleRNN on windows of ten)",
           .file = "series.keras",
           .network = "rnn",
           .epochs = 20,
           .batch_size = 32,
           .needs = {.samples = SampleKind::kSeries},
           .held_out = 0.2,
           .build = next_value,
           .finish = compared}};
}

}  // namespace lamina
