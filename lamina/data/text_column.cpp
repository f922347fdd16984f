// Fields one after the other, and where in the file a row of them stands.
#include "lamina/data/text_column.h"

#include "lamina/data/detail/row_lines.h"

namespace lamina {

TextColumn::TextColumn(std::string name) : name_(std::move(name)) {}

TextColumn::TextColumn(std::string name, const std::vector<std::string>& fields) : name_(std::move(name)) {
  for (const std::string& field : fields) push_back(field);
}

void TextColumn::push_back(std::string_view field) {
  bytes_ += field;
  ends_.push_back(bytes_.size());
}

void TextColumn::set_numbers(std::vector<int64_t> numbers) { numbers_ = std::move(numbers); }

void TextColumn::set_lines(std::shared_ptr<const detail::RowLines> lines) { lines_ = std::move(lines); }

TextColumn TextColumn::rows(const std::vector<int64_t>& rows) const {
  TextColumn some(name_);
  some.lines_ = lines_;
  some.numbers_.reserve(rows.size());
  for (const int64_t row : rows) {
    some.push_back((*this)[static_cast<size_t>(row)]);
    some.numbers_.push_back(number(static_cast<size_t>(row)));
  }
  return some;
}

int64_t TextColumn::line(size_t row) const { return lines_ ? lines_->line(number(row)) : 0; }

}  // namespace lamina
