// What a model of faces is worth on persons that it has not learned.
#pragma once

#include <string>

#include "lamina/nn/model.h"
#include "metrics.h"

namespace lamina::cli {

/// Of a model that the recipe "faces" trained, and a source with a table of pairs: verify_pairs' metrics.
/// Empty for all else; that the table is missing is told in a warning.
Metrics face_metrics_of(const Model& model, const std::string& source);

}  // namespace lamina::cli
