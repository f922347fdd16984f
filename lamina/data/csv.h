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
  std::vector<int64_t> lines = {};  ///< the line of the text, from 1, that each row begins in

  /// Index of a column; throws InvalidArgument, suggesting the nearest.
  size_t column(const std::string& name) const;
};

/// Parses a table as it is found: RFC 4180 (fields may be quoted, also over lines; a quote in them is
/// doubled) with the separators of TableOptions, lines that end in LF, CRLF or CR, UTF-8 or UTF-16 with or
/// without a byte-order mark, and a line "sep=;" in front. Blank lines are skipped. Columns without a name
/// are called column_0, column_1, ...
/// @param name  what to call the text in error messages.
/// Throws FileError, naming the line, for rows of another length, quotes that do not end, text after a
/// closing quote, two columns of one name, and bytes that are no text.
CsvTable parse_csv(std::string_view text, const std::string& name, const TableOptions& options = {});

/// The same from a file, plain or gzip-compressed, or from a Parquet file as read_table takes it.
CsvTable read_csv(const std::string& path, const TableOptions& options = {});

/// The table's numbers as float32 (rows, features) and its targets, read with memory for little more than
/// these: no field is kept as text. True and False count as 1 and 0. Targets become class numbers, by the
/// names that are known or else in the order of the sorted names, or float32 where the model's loss, or
/// without one a number that is no class, says so. Rows without a value are dropped or refused, as
/// options.missing says. Throws FileError, naming line and column, for fields that are no numbers, targets
/// that do not fit, and columns that are missing; what is guessed is told to the log.
LabelledData parse_table(std::string_view text, const std::string& name, const DataOptions& options = {});

/// The same from a file, plain or gzip-compressed. load_data calls it. A Parquet file is read as the CSV that
/// pandas would write of it, where this build has Apache Arrow: an index that pandas saved is a column in
/// front; columns of lists, structures and bytes are left out, and times are taken in UTC, which is told to
/// the log.
LabelledData read_table(const std::string& path, const DataOptions& options = {});

}  // namespace lamina
