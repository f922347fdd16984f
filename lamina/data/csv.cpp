// A strict reader of RFC 4180 tables, and their numbers as tensors.
#include "lamina/data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/base/files.h"

namespace lamina {
namespace {

constexpr uint64_t kLimit = uint64_t{4} << 30;

// The number that `field` spells, without regard to spaces around it.
std::optional<double> number(std::string_view field) {
  while (!field.empty() && field.front() == ' ') field.remove_prefix(1);
  while (!field.empty() && field.back() == ' ') field.remove_suffix(1);
  if (field.starts_with('+')) field.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (field.empty() || error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

class Parser {
 public:
  Parser(std::string_view text, char separator, const std::string& name)
      : text_(text), separator_(separator), name_(name) {
    constexpr std::string_view kByteOrderMark("\xef\xbb\xbf");
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  CsvTable run() {
    CsvTable table;
    while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n")) row();
    if (at_ == text_.size()) fail(line_, "the table is empty");
    const size_t first_line = line_;
    table.columns = row();
    if (std::any_of(table.columns.begin(), table.columns.end(),
                    [](const auto& field) { return number(field); })) {
      table.rows.push_back(std::move(table.columns));
      table.columns.clear();
      for (size_t i = 0; i < table.rows[0].size(); ++i)
        table.columns.push_back("column_" + std::to_string(i));
    }
    check_columns(first_line, table.columns);
    while (at_ < text_.size()) {
      const size_t line = line_;
      std::vector<std::string> fields = row();
      const bool blank = fields.size() == 1 && fields[0].empty();
      if (blank && table.columns.size() > 1) continue;
      if (fields.size() != table.columns.size()) {
        fail(line, "it has " + std::to_string(fields.size()) + " fields; the first line has " +
                       std::to_string(table.columns.size()));
      }
      table.rows.push_back(std::move(fields));
    }
    return table;
  }

 private:
  [[noreturn]] void fail(size_t line, const std::string& reason) const {
    throw FileError("'" + name_ + "', line " + std::to_string(line) + ": " + reason);
  }

  void check_columns(size_t line, std::vector<std::string> columns) const {
    std::sort(columns.begin(), columns.end());
    const auto twin = std::adjacent_find(columns.begin(), columns.end());
    if (twin != columns.end()) fail(line, "two columns are called '" + *twin + "'");
  }

  std::vector<std::string> row() {
    std::vector<std::string> fields;
    for (;;) {
      fields.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
      if (at_ == text_.size()) return fields;
      const char next = text_[at_++];
      if (next == separator_) continue;
      if (next == '\r' && at_ < text_.size()) ++at_;
      ++line_;
      return fields;
    }
  }

  bool at_field_end() const {
    return at_ == text_.size() || text_[at_] == separator_ || text_[at_] == '\n' ||
           (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
  }

  std::string plain() {
    const size_t start = at_;
    while (!at_field_end()) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  std::string quoted() {
    const size_t line = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        field += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        field += '"';
        ++at_;
      } else {
        ++at_;
        if (!at_field_end()) fail(line_, "text follows a closing quote");
        return field;
      }
    }
    fail(line, "a quote opens here and never closes");
  }

  std::string_view text_;
  char separator_;
  const std::string& name_;
  size_t at_ = 0;
  size_t line_ = 1;
};

void set_targets(const CsvTable& table, size_t label, const std::string& name, LabelledData& data) {
  constexpr double kMostClasses = 1 << 20;
  std::vector<float> numbers;
  bool all_numbers = true, all_classes = true;
  std::map<std::string, int32_t> names;
  for (const std::vector<std::string>& row : table.rows) {
    if (row[label].empty()) {
      throw FileError("'" + name + "': column '" + table.columns[label] + "' of row " +
                      std::to_string(numbers.size() + 1) + " is empty; a target was expected");
    }
    const std::optional<double> value = number(row[label]);
    all_numbers = all_numbers && value;
    all_classes =
        all_classes && value && *value >= 0 && *value < kMostClasses && *value == std::floor(*value);
    numbers.push_back(static_cast<float>(value.value_or(0)));
    names.emplace(row[label], 0);
  }
  const Shape shape{static_cast<int64_t>(table.rows.size())};
  if (all_numbers && !all_classes) {
    data.y = Tensor::from(numbers, shape);
    return;
  }
  std::vector<int32_t> classes;
  if (all_numbers) {
    classes.assign(numbers.begin(), numbers.end());
    const int32_t largest = classes.empty() ? -1 : *std::max_element(classes.begin(), classes.end());
    for (int32_t i = 0; i <= largest; ++i) data.class_names.push_back(std::to_string(i));
  } else {
    for (auto& [name, index] : names) {
      index = static_cast<int32_t>(data.class_names.size());
      data.class_names.push_back(name);
    }
    for (const std::vector<std::string>& row : table.rows) classes.push_back(names.at(row[label]));
  }
  data.y = Tensor::from(classes, shape);
}

}  // namespace

size_t CsvTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) throw InvalidArgument("unknown column '" + name + "'" + suggest(name, columns));
  return static_cast<size_t>(found - columns.begin());
}

CsvTable parse_csv(std::string_view text, char separator, const std::string& name) {
  return Parser(text, separator, name).run();
}

CsvTable read_csv(const std::string& path) {
  const bool tabs = path.ends_with(".tsv") || path.ends_with(".tsv.gz");
  return parse_csv(read_file_or_gzip(path, kLimit), tabs ? '\t' : ',', path);
}

LabelledData labelled_data(const CsvTable& table, const std::string& label_column, const std::string& name) {
  if (table.columns.size() < 2) {
    throw FileError("'" + name + "' has one column; numbers and a column of targets were expected");
  }
  const size_t label = label_column.empty() ? table.columns.size() - 1 : table.column(label_column);
  std::vector<float> values;
  values.reserve(table.rows.size() * (table.columns.size() - 1));
  for (size_t row = 0; row < table.rows.size(); ++row) {
    for (size_t column = 0; column < table.columns.size(); ++column) {
      if (column == label) continue;
      const std::optional<double> value = number(table.rows[row][column]);
      if (!value) {
        throw FileError("'" + name + "': column '" + table.columns[column] + "' of row " +
                        std::to_string(row + 1) + " holds '" + table.rows[row][column].substr(0, 40) +
                        "'; a number was expected");
      }
      values.push_back(static_cast<float>(*value));
    }
  }
  LabelledData data;
  data.x = Tensor::from(
      values, {static_cast<int64_t>(table.rows.size()), static_cast<int64_t>(table.columns.size() - 1)});
  set_targets(table, label, name, data);
  return data;
}

namespace {

LabelledData load(const std::string& path, const std::string& split, const DataOptions& options) {
  if (!split.empty()) throw InvalidArgument("'" + path + "' is one table and has no part '" + split + "'");
  return labelled_data(read_csv(path), options.label_column, path);
}

[[maybe_unused]] const bool kRegistered =
    register_data_format({".csv", load}) && register_data_format({".csv.gz", load}) &&
    register_data_format({".tsv", load}) && register_data_format({".tsv.gz", load});

}  // namespace
}  // namespace lamina
