// Parts that the reports of networks and of estimators share. Internal header.
#pragma once

#include <string>

#include "lamina/explain/run_report.h"

namespace lamina::detail {

/// "12.3 s", "2:05 min"
std::string duration(double seconds);

/// The metrics as headlines, those that are shares first.
void add_metrics(TrainingReport& report, const RunDescription& run);

/// Data and configuration, with `more` of what was trained, and what the run is compared with.
void add_configuration(TrainingReport& report, const RunDescription& run, bool trained,
                       const TrainingReport::Rows& more);

/// Processor, threads, memory and versions.
void add_machine(TrainingReport& report);

}  // namespace lamina::detail
