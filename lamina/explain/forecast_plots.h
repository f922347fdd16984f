// Plots of what a model of a series has forecast.
#pragma once

#include <vector>

#include "lamina/data/labelled_data.h"
#include "lamina/explain/plot.h"
#include "lamina/nn/model.h"

namespace lamina {

/// The end of the series with the forecasts one step ahead, and how the model thinks that it goes on, both
/// with the intervals that the model knows (SeriesInfo). Empty for a model of no series.
/// @param series  (time, 1), with at least a window and a value.
/// @param shown   values at the end of the series to show, at most.
std::vector<Plot> forecast_plots(Model& model, const LabelledData& series, int64_t shown = 150);

}  // namespace lamina
