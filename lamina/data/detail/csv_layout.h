// CsvLayout: how a table is written, found in its first lines. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"

namespace lamina::detail {

struct CsvLayout {
  char separator = ',';
  char decimal = '.';
  bool quotes = true;
  bool header = false;
  /// Text before the table: the line "sep=;".
  size_t skipped_bytes = 0;
  std::vector<std::string> columns;  ///< names; column_0, column_1, ... without a header
  std::vector<bool> unnamed;         ///< of columns to which a header gives no name
  std::string guess;                 ///< what to tell the user; empty where the evidence is plain
};

/// @param head   the first lines; the last may be cut off unless `whole`.
/// @param path   of the file, for messages and for .tsv.
/// @param known  names of columns that are looked for.
/// Throws FileError for a table without rows or with a header that names two columns alike, and
/// InvalidArgument for options that do not go together.
CsvLayout find_layout(const std::string& head, bool whole, const std::string& path,
                      const TableOptions& options, const std::vector<std::string>& known);

}  // namespace lamina::detail
