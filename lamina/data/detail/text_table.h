// Tables with a column of texts. Internal header.
#pragma once

#include <string>

#include "lamina/data/detail/text_stream.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

/// The texts of a table and their targets, as read_table (lamina/data/csv.h) gives them where the model takes
/// texts. The table is held in memory as a whole: its texts are, anyway.
/// @param name  what to call the table in messages.
/// Throws FileError for a table without texts, without the column of targets where these are needed, and as
/// read_table does.
LabelledData read_text_table(TextStream::Source source, const std::string& name, const DataOptions& options);

}  // namespace lamina::detail
