// Tables of whatever columns, for a FeatureSpace. Internal header.
#pragma once

#include "lamina/data/detail/open_table.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

/// The columns of the inputs as they stand there, and the target: of a training that knows no classes yet,
/// text, and whole numbers of up to 20 different values, are classes, numbered in sorted order; others are
/// values. What is told by the cells is told to the log. Throws FileError as read_table does, for targets
/// that are constant, that hold numbers and text, or text that mostly differs.
LabelledData read_mixed_table(OpenTable& table, const DataOptions& options);

}  // namespace lamina::detail
