// Tables in one pass: each row becomes numbers as soon as it is read.
#include "lamina/data/csv.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/mixed_table.h"
#include "lamina/data/detail/open_table.h"
#include "lamina/data/detail/row_blocks.h"
#include "lamina/data/detail/row_numbers.h"
#include "lamina/data/detail/series_table.h"
#include "lamina/data/detail/table_columns.h"
#include "lamina/data/detail/table_source.h"
#include "lamina/data/detail/target_column.h"
#include "lamina/data/detail/text_stream.h"
#include "lamina/data/detail/text_table.h"
#include "lamina/data/detail/truths.h"

namespace lamina {
namespace {

detail::TextStream::Source from_text(std::string_view text) {
  return [text](char* to, size_t size) mutable {
    const size_t count = text.copy(to, size);
    text.remove_prefix(count);
    return count;
  };
}

CsvTable all_of(detail::TextStream::Source source, const std::string& name, const TableOptions& options) {
  detail::OpenTable table(std::move(source), name, options, {});
  CsvTable result{table.layout().columns, {}};
  while (const auto* fields = table.next()) {
    result.rows.emplace_back(fields->begin(), fields->end());
    result.lines.push_back(static_cast<int64_t>(table.line()));
  }
  return result;
}

class TableReader {
 public:
  TableReader(detail::OpenTable& table, const DataOptions& options)
      : table_(table),
        layout_(table.layout()),
        missing_(options.missing_way()),
        columns_(detail::choose_columns(layout_, options, table.name())),
        values_(columns_.inputs),
        truths_(columns_.inputs),
        infinite_(options.infinite_way()) {
    if (!layout_.guess.empty()) warn("'" + table.name() + "': " + layout_.guess);
    if (columns_.target)
      target_.emplace(options.needs, layout_.decimal, layout_.columns[*columns_.target],
                      options.infinite_way());
  }

  LabelledData run() {
    while (const auto* fields = table_.next()) {
      ++row_;
      if (!take(*fields)) {
        ++dropped_;
        continue;
      }
      values_.commit();
      if (dropped_ > 0)
        detail::keep_number(numbers_, static_cast<int64_t>(values_.rows()), static_cast<int64_t>(row_) - 1);
    }
    return finish();
  }

 private:
  std::string place(size_t column) const {
    return "'" + table_.name() + "', line " + std::to_string(table_.line()) + ": column '" +
           layout_.columns[column] + "' of row " + std::to_string(row_);
  }

  // False for a row that is left out.
  bool take(const std::vector<std::string_view>& fields) {
    float* to = values_.next();
    for (size_t column = 0; column < fields.size(); ++column) {
      const int at = columns_.places[column];
      if (at < 0) continue;
      uint32_t digits = 0;
      if (detail::read_digits(fields[column], digits)) {
        to[at] = static_cast<float>(digits);
        truths_[static_cast<size_t>(at)].number();
        continue;
      }
      const detail::Cell cell = detail::read_cell(fields[column], layout_.decimal);
      double number = cell.number;
      if (cell.kind == detail::CellKind::kMissing) {
        if (leaves_out(fields[column], column, "a number")) return false;
      } else if (cell.kind == detail::CellKind::kNumber) {
        truths_[static_cast<size_t>(at)].number();
      } else if (!truths_[static_cast<size_t>(at)].take(fields[column], number,
                                                        [&] { return place(column); })) {
        throw FileError(place(column) + " holds " + detail::shown(fields[column]) +
                        "; a number was expected" +
                        detail::mark_hint(detail::trimmed(fields[column]), layout_.decimal));
      }
      to[at] = static_cast<float>(number);
      if (!stays(to[at], fields[column], column)) return false;
    }
    if (!target_) return true;
    const size_t column = *columns_.target;
    try {
      if (target_->take(fields[column], table_.line(), row_)) return true;
      return !target_->infinite() && !leaves_out(fields[column], column, "a target");
    } catch (const InvalidArgument& error) {
      throw FileError(place(column) + " " + error.what());
    }
  }

  bool stays(float value, std::string_view field, size_t column) {
    try {
      return infinite_.take(value, field, [&] { return place(column); });
    } catch (const InvalidArgument& error) {
      throw FileError(place(column) + " " + error.what());
    }
  }

  bool leaves_out(std::string_view field, size_t column, const char* expected) const {
    if (missing_ == Missing::kDrop) return true;
    throw FileError(place(column) + " is " +
                    (detail::trimmed(field).empty() ? "empty" : detail::shown(field)) + "; " + expected +
                    " was expected. To leave such rows out, say so (--missing drop)");
  }

  LabelledData finish() {
    LabelledData data;
    if (row_ == 0) throw FileError("'" + table_.name() + "' has a header and no rows");
    const auto rows = static_cast<int64_t>(values_.rows());
    if (rows == 0) throw FileError("'" + table_.name() + "': every row lacks a value or is left out");
    for (const detail::Truths& column : truths_) column.check();
    infinite_.tell();
    const size_t lacking = dropped_ - infinite_.dropped() - (target_ ? target_->infinite_rows() : 0);
    if (lacking > 0) {
      warn("'" + table_.name() + "': " + std::to_string(lacking) + " of " +
           detail::count_of(static_cast<int64_t>(row_), "row") +
           (lacking == 1 ? " lacks a value and is left out" : " lack a value and are left out"));
    }
    data.x = values_.take(DType::kFloat32, {rows, static_cast<int64_t>(columns_.inputs)});
    data.numbers = std::move(numbers_);
    if (target_) target_->finish(table_.name(), data);
    if (columns_.target && columns_.in_order) {
      data.target_place = std::count_if(
          columns_.places.begin(), columns_.places.begin() + static_cast<std::ptrdiff_t>(*columns_.target),
          [](int place) { return place >= 0; });
    }
    if (!layout_.header) return data;
    data.features.resize(columns_.inputs);
    for (size_t i = 0; i < layout_.columns.size(); ++i) {
      if (columns_.places[i] >= 0)
        data.features[static_cast<size_t>(columns_.places[i])] = layout_.columns[i];
    }
    if (columns_.target) data.target = layout_.columns[*columns_.target];
    return data;
  }

  detail::OpenTable& table_;
  const detail::CsvLayout& layout_;
  Missing missing_;
  detail::TableColumns columns_;
  detail::RowBlocks<float> values_;
  std::vector<detail::Truths> truths_;  // of the inputs
  std::optional<detail::TargetColumn> target_;
  std::vector<int64_t> numbers_;
  size_t row_ = 0, dropped_ = 0;
  detail::InfiniteCells infinite_;
};

LabelledData labelled_data(detail::TextStream::Source source, const std::string& name,
                           const DataOptions& options) {
  if (options.needs.samples == SampleKind::kTexts)
    return detail::read_text_table(std::move(source), name, options);
  if (options.needs.samples == SampleKind::kSeries)
    return detail::series_of(all_of(std::move(source), name, options.table), name, options);
  detail::OpenTable table(std::move(source), name, options.table, detail::wanted_columns(options));
  if (options.needs.samples == SampleKind::kRows) return detail::read_mixed_table(table, options);
  return TableReader(table, options).run();
}

}  // namespace

size_t CsvTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) throw InvalidArgument("unknown column '" + name + "'" + suggest(name, columns));
  return static_cast<size_t>(found - columns.begin());
}

CsvTable parse_csv(std::string_view text, const std::string& name, const TableOptions& options) {
  return all_of(from_text(text), name, options);
}

CsvTable read_csv(const std::string& path, const TableOptions& options) {
  detail::TableSource source = detail::table_source(path, options);
  return all_of(std::move(source.text), path, source.options);
}

LabelledData parse_table(std::string_view text, const std::string& name, const DataOptions& options) {
  return labelled_data(from_text(text), name, options);
}

LabelledData read_table(const std::string& path, const DataOptions& options) {
  DataOptions written = options;
  detail::TableSource source = detail::table_source(path, options.table);
  written.table = source.options;
  return labelled_data(std::move(source.text), path, written);
}

namespace {

LabelledData load(const std::string& path, const std::string& split, const DataOptions& options) {
  if (!split.empty()) throw InvalidArgument("'" + path + "' is one table and has no part '" + split + "'");
  return read_table(path, options);
}

[[maybe_unused]] const bool kCsvRegistered = register_data_format({".csv", load});

}  // namespace
}  // namespace lamina
