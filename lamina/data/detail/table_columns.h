// TableColumns: which columns of a table are inputs, and which is the target. Internal header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/data/detail/csv_layout.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

struct TableColumns {
  std::optional<size_t> target;
  /// For each column its place among the inputs, or -1.
  std::vector<int> places;
  size_t inputs = 0;
  bool in_order = true;  ///< whether the inputs have the order of the table
};

/// Goes by names where the model or the user gives them; what is guessed, and columns that are left out, are
/// told to the log. Throws FileError or InvalidArgument for columns that are missing and where nothing says
/// which is the target.
TableColumns choose_columns(const CsvLayout& layout, const DataOptions& options, const std::string& source);

/// The place of the column of that name; absent for "" and where there is none.
std::optional<size_t> find_column(const std::vector<std::string>& columns, const std::string& name);

/// The only column that is called what targets are called: label, labels, target, class or y.
std::optional<size_t> named_like_a_target(const std::vector<std::string>& columns);

/// Names that are looked for in the first line.
std::vector<std::string> wanted_columns(const DataOptions& options);

}  // namespace lamina::detail
