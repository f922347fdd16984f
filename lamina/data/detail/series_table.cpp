// Which column is the series, and which the time.
#include "lamina/data/detail/series_table.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/feature_cells.h"
#include "lamina/data/detail/series_times.h"

namespace lamina::detail {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class SeriesTable {
 public:
  SeriesTable(const CsvTable& table, const std::string& name, const DataOptions& options)
      : table_(table), name_(name), options_(options), decimal_(options.table.decimal_comma ? ',' : '.') {
    if (table.rows.empty()) throw FileError("'" + name + "' has no rows");
    if (!options.date_format.empty()) format_.emplace(options.date_format);
    values_ = values_column();
    times_ = times_column();
  }

  LabelledData run() {
    const Missing missing = options_.missing_way();
    LabelledData data;
    const FillDates way = known_fill_dates(options_.needs.known).value_or(FillDates::kTell);
    std::vector<float> values;
    std::vector<size_t> rows;  // that have a value, from 1
    double first = std::nan("");
    bool differ = false;
    size_t dropped = 0;
    for (size_t row = 0; row < table_.rows.size(); ++row) {
      const Cell cell = cell_of(row, values_);
      const bool finite = cell.kind == CellKind::kNumber && std::isfinite(static_cast<float>(cell.number));
      const bool may_lack = cell.kind == CellKind::kMissing  ? missing == Missing::kDrop
                            : cell.kind == CellKind::kNumber ? options_.infinite_way() == Infinite::kDrop
                                                             : false;
      if (!finite && !may_lack) refuse(row);
      if (!finite) {
        ++dropped;
        continue;
      }
      values.push_back(static_cast<float>(cell.number));
      if (values.size() == 1) first = cell.number;
      differ = differ || cell.number != first;
      rows.push_back(row + 1);
      if (times_) add_time(data, row, way);
    }
    if (values.empty()) throw FileError("'" + name_ + "': every row lacks a value");
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    if (differ && values.size() > 1 && *least == *most) {
      throw FileError("'" + name_ + "': the values of '" + table_.columns[values_] +
                      "' differ by less than float32 can tell at their size; subtract a constant from them");
    }
    if (dropped > 0) {
      warn("'" + name_ + "': " + std::to_string(dropped) + " of " + std::to_string(table_.rows.size()) +
           " rows lack a finite value and are left out: the series goes on as if there was no gap");
    }
    if (times_) {
      settle_times(data.names, values, std::move(rows), way, name_);
    } else if (way != FillDates::kTell) {
      warn("'" + name_ + "': no column holds times, so that nobody looks for gaps (--fill-dates)");
    }
    data.x = Tensor::from(values, Shape{static_cast<int64_t>(values.size()), 1});
    data.features = {table_.columns[values_]};
    return data;
  }

 private:
  Cell cell_of(size_t row, size_t column) const { return read_cell(table_.rows[row][column], decimal_); }

  bool holds_numbers(size_t column) const {
    for (size_t row = 0; row < table_.rows.size(); ++row) {
      if (cell_of(row, column).kind == CellKind::kText) return false;
    }
    return true;
  }

  std::string columns() const { return "'" + name_ + "' has the columns " + quoted_list(table_.columns); }

  size_t values_column() const {
    std::string wanted = options_.label_column;
    const std::vector<std::string>& known = options_.needs.known.features;
    if (wanted.empty() && !known.empty()) wanted = known[0];
    const auto found = std::find(table_.columns.begin(), table_.columns.end(), wanted);
    if (!wanted.empty() && found != table_.columns.end())
      return static_cast<size_t>(found - table_.columns.begin());
    if (!options_.label_column.empty()) {
      throw InvalidArgument("'" + name_ + "': unknown column '" + wanted + "'" +
                            suggest(wanted, table_.columns) + " (--label-column)");
    }
    std::vector<size_t> numbers;
    for (size_t column = 0; column < table_.columns.size(); ++column) {
      if (holds_numbers(column)) numbers.push_back(column);
    }
    if (numbers.empty()) {
      throw FileError(columns() + ", and none of them holds numbers alone; name the one with the series " +
                      "(--label-column), and say how rows without a value are taken (--missing)");
    }
    const std::string& last = table_.columns[numbers.back()];
    if (!wanted.empty())
      warn("'" + name_ + "' has no column '" + wanted + "', which the model was trained with: '" + last +
           "' is taken for the series; --label-column names another");
    else if (numbers.size() > 1)
      warn(columns() + ": the last one with numbers, '" + last +
           "', is taken for the series; --label-column names another");
    return numbers.back();
  }

  std::optional<size_t> times_column() const {
    for (size_t column = 0; column < table_.columns.size(); ++column) {
      if (column == values_) continue;
      if (format_ ? format_->iso(table_.rows[0][column]).has_value()
                  : cell_of(0, column).kind == CellKind::kText)
        return column;
    }
    if (format_)
      throw FileError(columns() + ", and none begins with a time as '" + options_.date_format +
                      "' (--date-format)");
    return std::nullopt;
  }

  // "2016-07-01", with or without a time of day behind: such texts sort as the times do.
  static bool is_iso(const std::string& time) {
    if (time.size() < 7) return false;
    for (size_t i = 0; i < 7; ++i) {
      const bool digit = time[i] >= '0' && time[i] <= '9';
      if (i == 4 ? time[i] != '-' : !digit) return false;
    }
    return true;
  }

  // As ISO 8601 where it is known how times are written.
  std::string time_of(size_t row) const {
    const std::string& field = table_.rows[row][*times_];
    if (cell_of(row, *times_).kind == CellKind::kMissing) {
      throw FileError(place(row, *times_) + " is " + (trimmed(field).empty() ? "empty" : shown(field)) +
                      "; a time was expected, as in other rows: mend it, or take the row out");
    }
    if (!format_) return std::string(trimmed(field));
    const std::optional<std::string> iso = format_->iso(field);
    if (!iso)
      throw FileError(place(row, *times_) + " is " + shown(field) + ", which is not written as '" +
                      options_.date_format + "' (--date-format)");
    return *iso;
  }

  void add_time(LabelledData& data, size_t row, FillDates way) const {
    const std::string time = time_of(row);
    const bool may_go_back = way != FillDates::kTell && way != FillDates::kFail;
    if (!may_go_back && !data.names.empty() && is_iso(time) && is_iso(data.names.back()) &&
        time.size() == data.names.back().size() && time < data.names.back()) {
      throw FileError(place(row, *times_) + " is " + shown(time) + ", after " + shown(data.names.back()) +
                      " in the row before; a series goes forward in time: sort the rows, or say so "
                      "(--fill-dates drop, previous or interpolate)");
    }
    data.names.push_back(time);
  }

  std::string place(size_t row, size_t column) const {
    return "'" + name_ + "', line " + std::to_string(table_.lines[row]) + ": column '" +
           table_.columns[column] + "' of row " + std::to_string(row + 1);
  }

  [[noreturn]] void refuse(size_t row) const {
    const std::string& field = table_.rows[row][values_];
    const bool missing = cell_of(row, values_).kind == CellKind::kMissing;
    throw FileError(place(row, values_) + " is " + (trimmed(field).empty() ? "empty" : shown(field)) +
                    "; a number was expected" +
                    (cell_of(row, values_).kind == CellKind::kNumber ? " that float32 can hold" : "") +
                    mark_hint(trimmed(field), decimal_) +
                    (missing ? ". To leave such rows out, say so (--missing drop)" : ""));
  }

  const CsvTable& table_;
  const std::string& name_;
  const DataOptions& options_;
  char decimal_;
  size_t values_ = 0;
  std::optional<size_t> times_;
  std::optional<DateFormat> format_;
};

}  // namespace

LabelledData series_of(const CsvTable& table, const std::string& name, const DataOptions& options) {
  return SeriesTable(table, name, options).run();
}

}  // namespace lamina::detail
