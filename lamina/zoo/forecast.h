// Forecasts of a series by a model that knows its data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"
#include "lamina/nn/model.h"

namespace lamina {

/// The values that follow a series.
struct Forecast {
  std::string last;            ///< time of the last value that is known; "" where the series has no times
  std::vector<double> values;  ///< one for each step ahead
  /// Ends of the interval around each value; shorter than `values` where the model does not know how wrong it
  /// is that far ahead.
  std::vector<double> lower, upper;
  double coverage = 0;  ///< share of the errors on held-out values that the intervals cover: 0.9
};

/// Measures how wrong a model's forecasts of held-out values are, one step ahead and further, and puts
/// intervals that cover 90 % of these errors into what it knows (SeriesInfo::lower and upper), in place of
/// those that were there: for a quarter of the held-out values, at most 30 steps.
/// @param model   of a series.
/// @param series  its values.
/// @param first   number of the first that the model has not learned: from its window to one less than there
/// are. Throws InvalidArgument for another, and for a model of no series.
void learn_intervals(Model& model, const std::vector<double>& series, int64_t first);

/// How the series goes on for `steps` steps (at least 1): what is further ahead than one step is forecast
/// from forecasts. Throws InvalidArgument for a model of no series, and for a series that is shorter than its
/// window.
Forecast forecast(Model& model, const LabelledData& series, int64_t steps);

}  // namespace lamina
