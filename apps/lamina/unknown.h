// How well a classifier tells samples of its classes from samples of none, by how sure it is.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data_arguments.h"
#include "lamina/nn/model.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {

/// "unknown_auc": how likely the model is surer of a sample it knows than of one of `source`, the area under the ROC curve
/// of all thresholds; "unknown_threshold": the probability that 95 % of the known samples reach, below which one may say
/// "unknown"; "unknown_found": the share of `source` that is below it. Throws InvalidArgument for a model that tells no
/// classes apart.
/// @param known  samples of the model's classes.
std::vector<std::pair<std::string, double>> unknown_metrics(Model& model, const ModelSamples& known,
                                                            const std::string& source, const DataArguments& arguments);

}  // namespace lamina::cli
