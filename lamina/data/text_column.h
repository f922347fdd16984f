// TextColumn: one column of a table as it stands in the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina {

namespace detail {
class RowLines;
}

/// Fields of one column, held in one piece of memory.
class TextColumn {
 public:
  explicit TextColumn(std::string name = {});
  TextColumn(std::string name, const std::vector<std::string>& fields);
  const std::string& name() const { return name_; }
  size_t size() const { return ends_.size(); }
  /// Valid until the column changes.
  std::string_view operator[](size_t row) const {
    const size_t begin = row == 0 ? 0 : ends_[row - 1];
    return std::string_view(bytes_).substr(begin, ends_[row] - begin);
  }
  void push_back(std::string_view field);
  /// The number in the file, from 0, of the row that is `row` here: errors name rows as the file has them.
  int64_t number(size_t row) const { return numbers_.empty() ? static_cast<int64_t>(row) : numbers_[row]; }
  /// Says which rows of the file the rows are that it holds, one number for each.
  void set_numbers(std::vector<int64_t> numbers);
  /// The line of the file, from 1, that the row begins in; 0 where nobody said. A header, blank lines and
  /// quotes over lines make it another than the number of the row.
  int64_t line(size_t row) const;
  /// Says on which lines the rows of the file are.
  void set_lines(std::shared_ptr<const detail::RowLines> lines);
  /// The fields of these rows, in this order; they keep their numbers and lines.
  TextColumn rows(const std::vector<int64_t>& rows) const;

 private:
  std::string name_, bytes_;
  std::vector<size_t> ends_;
  std::vector<int64_t> numbers_;                   // empty: the file's rows from the first on
  std::shared_ptr<const detail::RowLines> lines_;  // of all columns of a table
};

}  // namespace lamina
