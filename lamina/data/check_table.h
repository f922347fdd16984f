// Looks through a table before anything is learned from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"

namespace lamina {

/// What check_table found.
struct TableReport {
  struct Column {
    std::string name;
    int64_t numbers = 0, dates = 0, texts = 0, missing = 0;  ///< cells of each kind; dates as in ISO 8601
    bool constant = false;                                   ///< whether all cells say the same, or nothing
    /// Where nearly all cells are numbers: the first that is text, and its line (from 1); "" where none is.
    std::string odd = {};
    int64_t odd_line = 0;

    /// "numbers", "dates", "text" or "nothing": what most cells that say something are.
    std::string kind() const;
  };
  std::string source;  ///< what was looked at
  int64_t rows = 0;
  std::vector<Column> columns;

  /// Whether there is nothing to mend: cells may be missing, but no column is constant, or text among
  /// numbers.
  bool good() const;
  /// What there is to mend or to know, a sentence each.
  std::vector<std::string> notes() const;
  /// All of it as lines of text: of more than 40 columns only the notes, of which there are at most 20.
  std::string str() const;
};

/// Reads all of a table with memory for one row.
/// @param path     a table as load_data takes it: CSV and its like, plain or gzip-compressed, or Parquet.
/// @param options  how it is written, where that cannot be told.
/// Throws FileError, naming the line, for what is no table: rows of different lengths, quotes that do not
/// end, bytes that are no text.
TableReport check_table(const std::string& path, const TableOptions& options = {});

}  // namespace lamina
