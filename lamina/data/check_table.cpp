// Counts what the cells of each column are.
#include "lamina/data/check_table.h"

#include <algorithm>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/data/detail/feature_cells.h"
#include "lamina/data/detail/open_table.h"
#include "lamina/data/detail/table_source.h"

namespace lamina {
namespace {

constexpr size_t kMostShown = 40, kMostNotes = 20;

class Checker {
 public:
  Checker(const std::string& path, const detail::TableSource& source)
      : table_(source.text, path, source.options, {}), firsts_(table_.layout().columns.size()) {
    report_.source = path;
    for (const std::string& name : table_.layout().columns)
      report_.columns.push_back({.name = name, .constant = true});
  }

  TableReport run() {
    while (const auto* fields = table_.next()) {
      for (size_t i = 0; i < fields->size(); ++i) see(report_.columns[i], firsts_[i], (*fields)[i]);
      ++report_.rows;
    }
    for (TableReport::Column& column : report_.columns) {
      if (column.texts * 10 > column.numbers) column.odd.clear();
      column.constant = column.constant && report_.rows > 1;
    }
    if (report_.rows == 0) throw FileError("'" + report_.source + "' has a header and no rows");
    return std::move(report_);
  }

 private:
  void see(TableReport::Column& column, std::string& first, std::string_view field) {
    const std::string_view cell = detail::trimmed(field);
    if (report_.rows == 0) first = cell;
    const detail::Cell read = detail::read_cell(cell, table_.layout().decimal);
    double truth = 0;
    const bool missing = read.kind == detail::CellKind::kMissing || cell == "?";
    if (missing) {
      column.constant = column.constant && column.missing == report_.rows;
      ++column.missing;
      return;
    }
    column.constant = column.constant && column.missing == 0 && cell == first;
    if (read.kind == detail::CellKind::kNumber || detail::is_truth(cell, truth)) {
      ++column.numbers;
    } else if (detail::looks_like_a_date(cell)) {
      ++column.dates;
    } else if (column.texts++ == 0) {
      column.odd = detail::shown(cell);
      column.odd_line = static_cast<int64_t>(table_.line());
    }
  }

  detail::OpenTable table_;
  std::vector<std::string> firsts_;  // cells of the first row
  TableReport report_;
};

}  // namespace

std::string TableReport::Column::kind() const {
  const int64_t most = std::max({numbers, dates, texts});
  return most == 0 ? "nothing" : most == numbers ? "numbers" : most == dates ? "dates" : "text";
}

bool TableReport::good() const {
  return std::none_of(columns.begin(), columns.end(),
                      [](const Column& column) { return column.constant || !column.odd.empty(); });
}

std::vector<std::string> TableReport::notes() const {
  std::vector<std::string> notes;
  for (const Column& column : columns) {
    const std::string name = "column '" + column.name + "' ";
    if (column.constant && column.missing == rows)
      notes.push_back(name + "is empty: leave it out");
    else if (column.constant)
      notes.push_back(name + "says the same in every row: there is nothing to learn from it, or to predict");
    else if (!column.odd.empty())
      notes.push_back(name + "holds numbers and, in " + detail::count_of(column.texts, "row") +
                      ", text, the first " + column.odd + " in line " + std::to_string(column.odd_line));
  }
  return notes;
}

std::string TableReport::str() const {
  std::string text = "'" + source + "': " + detail::count_of(rows, "row") + ", " +
                     detail::count_of(static_cast<int64_t>(columns.size()), "column") + "\n";
  size_t width = 0;
  for (const Column& column : columns) width = std::max(width, column.name.size());
  for (const Column& column : columns) {
    if (columns.size() > kMostShown) break;
    text += "  " + column.name + std::string(width - column.name.size() + 2, ' ') + column.kind();
    if (column.missing > 0) text += ", " + std::to_string(column.missing) + " missing";
    text += "\n";
  }
  const std::vector<std::string> all = notes();
  for (size_t i = 0; i < std::min(all.size(), kMostNotes); ++i) text += all[i] + "\n";
  if (all.size() > kMostNotes)
    text += "and " + std::to_string(all.size() - kMostNotes) + " more of that kind\n";
  return text + (good() ? "Nothing to mend." : "There is something to mend.");
}

TableReport check_table(const std::string& path, const TableOptions& options) {
  return Checker(path, detail::table_source(path, options)).run();
}

}  // namespace lamina
