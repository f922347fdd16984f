// Inputs stay text; only the target is understood here.
#include "lamina/data/detail/mixed_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/utf8.h"
#include "lamina/data/detail/feature_cells.h"
#include "lamina/data/detail/infinite_cells.h"
#include "lamina/data/detail/row_lines.h"
#include "lamina/data/detail/row_numbers.h"
#include "lamina/data/detail/table_columns.h"
#include "lamina/data/detail/target_column.h"

namespace lamina::detail {
namespace {

constexpr size_t kMostClassNumbers = 20;

class MixedTable {
 public:
  MixedTable(OpenTable& table, const DataOptions& options)
      : table_(table),
        options_(options),
        layout_(table.layout()),
        columns_(choose_columns(layout_, options, table.name())),
        infinite_(options.infinite_way()) {
    if (!layout_.guess.empty()) warn("'" + table.name() + "': " + layout_.guess);
    data_.columns.resize(columns_.inputs);
    const std::vector<std::string>& known = options.needs.known.features;
    for (size_t i = 0; i < layout_.columns.size(); ++i) {
      if (columns_.places[i] < 0) continue;
      const auto at = static_cast<size_t>(columns_.places[i]);
      data_.columns[at] = TextColumn(known.empty() ? layout_.columns[i] : known[at]);
    }
    if (!columns_.target) return;
    const DataNeeds& needs = options.needs;
    learns_ = needs.learned_from && needs.known.class_names.empty() && needs.target != TargetKind::kValues;
    raw_target_ = TextColumn(layout_.columns[*columns_.target]);
    if (!learns_) target_.emplace(needs, layout_.decimal, raw_target_.name(), options.infinite_way());
  }

  LabelledData run() {
    while (const auto* fields = table_.next()) {
      ++row_;
      lines_->add(static_cast<int64_t>(row_) - 1, static_cast<int64_t>(table_.line()));
      if (!take(*fields)) {
        ++dropped_;
        continue;
      }
      if (dropped_ > 0) keep_number(data_.numbers, data_.samples(), static_cast<int64_t>(row_) - 1);
    }
    return finish();
  }

 private:
  std::string place() const {
    return "'" + table_.name() + "', line " + std::to_string(table_.line()) + ": column '" +
           raw_target_.name() + "' of row " + std::to_string(row_) + " ";
  }

  bool take(const std::vector<std::string_view>& fields) {
    const bool drops = options_.infinite_way() == Infinite::kDrop;
    for (size_t i = 0; drops && i < fields.size(); ++i) {
      if (columns_.places[i] < 0) continue;
      const Cell cell = read_cell(fields[i], layout_.decimal);
      const auto value = static_cast<float>(cell.kind == CellKind::kNumber ? cell.number : 0);
      if (!infinite_.take(value, fields[i], [&] { return "line " + std::to_string(table_.line()); }))
        return false;
    }
    if (columns_.target && !take_target(fields[*columns_.target])) return false;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (columns_.places[i] >= 0)
        data_.columns[static_cast<size_t>(columns_.places[i])].push_back(with_point(fields[i]));
    }
    return true;
  }

  std::string_view with_point(std::string_view field) {
    if (layout_.decimal == '.' || field.find(layout_.decimal) == std::string_view::npos ||
        read_cell(field, layout_.decimal).kind != CellKind::kNumber)
      return field;
    buffer_ = field;
    std::replace(buffer_.begin(), buffer_.end(), layout_.decimal, '.');
    return buffer_;
  }

  bool take_target(std::string_view field) {
    if (learns_) {
      if (feature_cell(with_point(field)).kind == CellKind::kMissing) return may_leave_out(field);
      if (!is_utf8(field))
        throw FileError(place() + "holds text that is not in UTF-8; save the table as UTF-8 or UTF-16");
      raw_target_.push_back(with_point(field));
      return true;
    }
    try {
      if (target_->take(field, table_.line(), row_)) return true;
    } catch (const InvalidArgument& error) {
      throw FileError(place() + error.what());
    }
    return target_->infinite() ? false : may_leave_out(field);
  }

  bool may_leave_out(std::string_view field) const {
    if (options_.missing_way() == Missing::kDrop) return false;
    throw FileError(place() + "is " + (trimmed(field).empty() ? "empty" : shown(field)) +
                    "; a target was expected. To leave such rows out, say so (--missing drop)");
  }

  void learn_target() {
    std::map<std::string, int32_t, decltype(&category_before)> found(category_before);
    size_t texts = 0;
    bool whole = true;
    std::string odd;
    for (size_t row = 0; row < raw_target_.size(); ++row) {
      const FeatureCell cell = feature_cell(raw_target_[row]);
      found.emplace(category_of(raw_target_[row], cell), 0);
      if (cell.kind == CellKind::kText && texts++ == 0) odd = std::string(raw_target_[row]);
      whole = whole && cell.kind == CellKind::kNumber && cell.number == std::floor(cell.number);
    }
    const std::string column = "'" + table_.name() + "': the target '" + raw_target_.name() + "' ";
    const size_t rows = raw_target_.size(), values = found.size();
    if (values == 1)
      throw FileError(column + "is constant, " + shown(found.begin()->first) + ": there is nothing to learn");
    const bool told = options_.needs.target == TargetKind::kClassNumbers;
    if (!told && texts > 0 && texts < rows) {
      throw FileError(column + "holds numbers and, in " + count_of(static_cast<int64_t>(texts), "row") +
                      ", text, the first " + shown(odd) +
                      ": mend it, or say that all are names of classes (--task classification)");
    }
    if (texts > 0 && values * 2 > rows)
      throw FileError(column + "is text of " + std::to_string(values) + " different values in " +
                      std::to_string(rows) + " rows: these are no classes; name another (--label-column)");
    const bool classes = told || texts > 0 || (whole && values <= kMostClassNumbers && values * 2 <= rows);
    if (!told) {
      const std::string what = texts > 0 ? "text" : whole ? "whole numbers" : "numbers";
      warn(column + "holds " + what + " of " + grouped(static_cast<int64_t>(values)) +
           " different values and is taken for " +
           (classes ? "classes; if it is a quantity, say --task regression"
                    : "a quantity; if these are classes, say --task classification"));
    }
    if (classes) return number_classes(found);
    std::vector<float> numbers;
    for (size_t row = 0; row < rows; ++row) {
      numbers.push_back(static_cast<float>(finite_number(raw_target_, row, feature_cell(raw_target_[row]))));
    }
    data_.y = Tensor::from(numbers, Shape{static_cast<int64_t>(rows)});
  }

  template <class Map>
  void number_classes(Map& found) {
    for (auto& [name, place] : found) {
      place = static_cast<int32_t>(data_.class_names.size());
      data_.class_names.push_back(name);
    }
    std::vector<int32_t> numbers;
    for (size_t row = 0; row < raw_target_.size(); ++row)
      numbers.push_back(found.find(category_of(raw_target_[row], feature_cell(raw_target_[row])))->second);
    data_.y = Tensor::from(numbers, Shape{static_cast<int64_t>(numbers.size())});
  }

  void place_rows(TextColumn& column) const {
    if (!data_.numbers.empty()) column.set_numbers(data_.numbers);
    column.set_lines(lines_);
  }

  LabelledData finish() {
    if (row_ == 0) throw FileError("'" + table_.name() + "' has a header and no rows");
    if (data_.samples() == 0)
      throw FileError("'" + table_.name() + "': every row lacks a target or is left out");
    infinite_.tell("'" + table_.name() + "', ");
    if (dropped_ > infinite_.dropped()) {
      warn("'" + table_.name() + "': " + std::to_string(dropped_ - infinite_.dropped()) + " of " +
           count_of(static_cast<int64_t>(row_), "row") + " are left out: they have no target");
    }
    for (TextColumn& column : data_.columns) place_rows(column);
    place_rows(raw_target_);
    if (learns_)
      learn_target();
    else if (target_)
      target_->finish(table_.name(), data_);
    if (columns_.target && columns_.in_order) {
      data_.target_place = std::count_if(
          columns_.places.begin(), columns_.places.begin() + static_cast<std::ptrdiff_t>(*columns_.target),
          [](int place) { return place >= 0; });
    }
    if (!layout_.header) return std::move(data_);
    for (const TextColumn& column : data_.columns) data_.features.push_back(column.name());
    if (columns_.target) data_.target = raw_target_.name();
    return std::move(data_);
  }

  OpenTable& table_;
  const DataOptions& options_;
  const CsvLayout& layout_;
  TableColumns columns_;
  InfiniteCells infinite_;
  LabelledData data_;
  TextColumn raw_target_;
  std::shared_ptr<RowLines> lines_ = std::make_shared<RowLines>();
  bool learns_ = false;
  std::optional<TargetColumn> target_;
  size_t row_ = 0, dropped_ = 0;
  std::string buffer_;
};

}  // namespace

LabelledData read_mixed_table(OpenTable& table, const DataOptions& options) {
  return MixedTable(table, options).run();
}

}  // namespace lamina::detail
