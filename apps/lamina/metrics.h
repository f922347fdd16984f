// Metrics, as a person reads them and as a program does.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/base/json.h"

namespace lamina::cli {

using Metrics = std::vector<std::pair<std::string, double>>;

/// "loss: 0.5000 - accuracy: 0.8120"
std::string metrics_line(const Metrics& metrics);
/// By name; null for what is no number.
Json metrics_json(const Metrics& metrics);

}  // namespace lamina::cli
