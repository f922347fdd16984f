// Tables with a series of numbers over time. Internal header.
#pragma once

#include <string>

#include "lamina/data/csv.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

/// One column of a table as a series: x (rows, 1), names with the times of the rows where a column holds
/// such, and features with the name of the column.
/// @param name  what to call the table in messages.
/// Throws FileError, naming row and column, for a table without numbers, cells that are none, and rows that
/// go back in time.
LabelledData series_of(const CsvTable& table, const std::string& name, const DataOptions& options);

}  // namespace lamina::detail
