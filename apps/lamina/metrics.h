// Metrics, as a person reads them and as a program does.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/nn/callbacks/logs.h"

namespace lamina::cli {

using Metrics = std::vector<std::pair<std::string, double>>;

/// "loss: 0.5000 - accuracy: 0.8120"
std::string metrics_line(const Metrics& metrics);
/// By name; null for what is no number.
Json metrics_json(const Metrics& metrics);
/// A log as JSON: a number, or of a metric that gives a row, a list; null in place of what is no number.
Json log_json(const Logs& logs, size_t index);
/// A log as a person reads it: "0.8121", or "[0.8121, 0.7333]".
std::string log_text(const Logs& logs, size_t index);

}  // namespace lamina::cli
