// OpenTable: layout and rows of a table of text, the header passed over. Internal header.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/data/detail/csv_layout.h"
#include "lamina/data/detail/csv_rows.h"
#include "lamina/data/detail/text_stream.h"

namespace lamina::detail {

class OpenTable {
 public:
  /// @param known  names of columns that are looked for.
  /// Throws as find_layout does.
  OpenTable(TextStream::Source source, std::string name, const TableOptions& options,
            const std::vector<std::string>& known);
  OpenTable(const OpenTable&) = delete;
  OpenTable& operator=(const OpenTable&) = delete;

  const CsvLayout& layout() const { return layout_; }
  const std::string& name() const { return name_; }
  /// The line of the last row.
  size_t line() const { return lines_before_ + rows_->line(); }
  /// The next row, valid until the next call; nullptr at the end. Throws FileError for one that is not as
  /// long as the first.
  const std::vector<std::string_view>* next();

 private:
  std::string name_;
  TextStream stream_;
  CsvLayout layout_;
  std::optional<CsvRows> rows_;
  size_t lines_before_ = 0;
  std::vector<std::string_view> fields_;
};

}  // namespace lamina::detail
