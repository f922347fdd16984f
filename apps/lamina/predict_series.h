// lamina predict for a model of a series: how it goes on.
#pragma once

#include <string>
#include <vector>

#include "data_arguments.h"
#include "lamina/nn/model.h"

namespace lamina::cli {

/// Says the next `steps` values of the series in each source, with the intervals that the model knows. Throws
/// Error, when all is said, where some are no numbers.
void predict_series(Model& model, const std::vector<std::string>& sources, const DataArguments& arguments,
                    int steps, bool json);

}  // namespace lamina::cli
