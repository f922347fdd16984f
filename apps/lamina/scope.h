// What evaluations say beside loss and metrics of models that tell what is out of scope.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/model.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {

/// scope_metrics (lamina/zoo/out_of_scope.h) of what the model says of these samples; empty for other models.
std::vector<std::pair<std::string, double>> scope_metrics_of(Model& model, const ModelSamples& samples);

}  // namespace lamina::cli
