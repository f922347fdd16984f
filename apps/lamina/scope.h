// What evaluations say beside loss and metrics: of models that tell what is out of scope, and of those that are judged by
// more figures.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/model.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {

/// scope_metrics (lamina/zoo/out_of_scope.h) and judgements (lamina/zoo/judged_by.h) of what the model says of these
/// samples; empty for models that know of neither.
std::vector<std::pair<std::string, double>> metrics_beside(Model& model, const ModelSamples& samples);

/// Says on standard error what whoever sees the model's figures is to be told (JudgedBy::notice), where there is such.
void tell_notice(const Model& model);

}  // namespace lamina::cli
