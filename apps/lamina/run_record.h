// What a finished or interrupted training has left in its run folder, read back.
#pragma once

#include <string>

#include "lamina/explain/comparison_report.h"

namespace lamina::cli {

/// A run to be compared.
struct RunRecord {
  std::string folder;
  std::string task;  ///< "classification", "values" or "forecasts"; "" where run.json does not say
  ComparedRun run;   ///< without a name
};

/// Reads history.csv and, if it is there, run.json.
/// @param path  the run folder, or its history.csv or report.html.
/// Throws FileError when there is no run, or when a file of it is damaged, with the line.
RunRecord read_run(const std::string& path);

}  // namespace lamina::cli
