// Tables of text: CSV and TSV files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lamina/data/labelled_data.h"

namespace lamina {

/// A table as it stands in the file: names of the columns, and rows of as many fields each.
struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// Index of a column; throws InvalidArgument, suggesting the nearest.
  size_t column(const std::string& name) const;
};

/// Parses a table as RFC 4180 says: fields may be quoted, a quote in them is doubled, lines end in LF or
/// CRLF. A byte-order mark and blank lines are skipped. The first line names the columns, unless one of its
/// fields is a number: then it is a row like the others, and the columns are called column_0, column_1, ...
/// @param separator  between fields: a comma or a tab.
/// @param name       what to call the text in error messages.
/// Throws FileError, naming the line, for rows of another length, quotes that do not end, text after a
/// closing quote, and two columns of one name.
CsvTable parse_csv(std::string_view text, char separator, const std::string& name);

/// Reads a table from a file, plain or gzip-compressed; the separator follows from the name (.tsv, .tsv.gz:
/// tab).
CsvTable read_csv(const std::string& path);

/// The table's numbers as float32 (rows, columns - 1), and its targets from `label_column` (empty: the last
/// one): text becomes class numbers in the order of the sorted names, whole numbers from 0 stay class
/// numbers, and other numbers become float32. Throws FileError, naming column and row, for a field that is no
/// number and for an empty target.
LabelledData labelled_data(const CsvTable& table, const std::string& label_column, const std::string& name);

}  // namespace lamina
