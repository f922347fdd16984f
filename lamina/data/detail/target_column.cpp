// Classes or values: by the loss of the model where there is one, and by all cells.
#include "lamina/data/detail/target_column.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/utf8.h"

namespace lamina::detail {
namespace {

constexpr double kMostClasses = 1 << 20;
// More different numbers than this are no classes that somebody would want without a model that says so.
constexpr size_t kMostSeen = size_t{1} << 16;

bool is_class_number(const Cell& cell) {
  return cell.kind == CellKind::kNumber && cell.number >= 0 && cell.number < kMostClasses &&
         cell.number == std::floor(cell.number);
}

}  // namespace

TargetColumn::TargetColumn(const DataNeeds& needs, char decimal, std::string column, Infinite infinite)
    : needs_(needs),
      decimal_(decimal),
      column_(std::move(column)),
      infinite_(needs.target_optional ? Infinite::kKeep : infinite) {
  const std::vector<std::string>& names = needs.known.class_names;
  mode_ = needs.target == TargetKind::kValues ? Mode::kValues : names.empty() ? Mode::kLearn : Mode::kKnown;
  if (mode_ != Mode::kKnown) return;
  for (size_t i = 0; i < names.size(); ++i) places_.emplace(names[i], static_cast<int32_t>(i));
  // Where no name is a number, a number may be that of a class.
  numbers_allowed_ =
      needs.numbers_are_classes && std::all_of(names.begin(), names.end(), [](const std::string& name) {
        return read_cell(name, '.').kind != CellKind::kNumber;
      });
}

bool TargetColumn::take(std::string_view field, size_t line, size_t row) {
  dropped_infinite_ = false;
  uint32_t digits = 0;
  const bool short_number = mode_ == Mode::kLearn && field.size() <= 3 && read_digits(field, digits) &&
                            (field.size() == 1 || field[0] != '0');
  if (short_number && digits < short_numbers_.size() && short_numbers_[digits] >= 0) {
    ++seen_[static_cast<size_t>(short_numbers_[digits])].count;
    ids_.push(short_numbers_[digits]);
    return true;
  }
  const Cell cell = read_cell(field, decimal_);
  field = trimmed(field);
  if (cell.kind == CellKind::kMissing && !(mode_ == Mode::kKnown && places_.contains(std::string(field)))) {
    if (!needs_.target_optional) return false;
    if (mode_ == Mode::kValues)
      values_.push(std::numeric_limits<float>::quiet_NaN());
    else
      ids_.push(-1);
    return true;
  }
  if (mode_ == Mode::kValues) return take_value(field, cell, line, row);
  if (mode_ == Mode::kKnown)
    take_known(field, cell, line, row);
  else
    learn(field, cell, line, row);
  if (short_number && mode_ == Mode::kLearn) {
    short_numbers_.resize(std::max<size_t>(short_numbers_.size(), digits + 1), -1);
    short_numbers_[digits] = places_.at(key_);
  }
  return true;
}

bool TargetColumn::take_value(std::string_view field, const Cell& cell, size_t line, size_t row) {
  double number = cell.number;
  const auto here = [&] {
    return "line " + std::to_string(line) + ": column '" + column_ + "' of row " + std::to_string(row);
  };
  if (cell.kind == CellKind::kNumber) {
    truths_.number();
  } else if (!truths_.take(field, number, here)) {
    if (needs_.target_optional)
      number = std::numeric_limits<double>::quiet_NaN();
    else
      throw InvalidArgument("holds " + shown(field) + "; a number was expected" + mark_hint(field, decimal_));
  }
  const auto value = static_cast<float>(number);
  dropped_infinite_ = !infinite_.take(value, field, here);
  if (!dropped_infinite_) values_.push(value);
  return !dropped_infinite_;
}

void TargetColumn::take_known(std::string_view field, const Cell& cell, size_t line, size_t row) {
  key_ = field;
  auto found = places_.find(key_);
  const bool whole = cell.kind == CellKind::kNumber && cell.number == std::floor(cell.number) &&
                     std::abs(cell.number) < kMostClasses;
  if (found == places_.end() && whole) {
    key_ = std::to_string(static_cast<int64_t>(cell.number));  // 3.0 for 3
    found = places_.find(key_);
  }
  const auto count = static_cast<double>(needs_.known.class_names.size());
  if (found == places_.end() && numbers_allowed_ && is_class_number(cell) && cell.number < count) {
    ids_.push(static_cast<int32_t>(cell.number));
    return;
  }
  if (found == places_.end() && needs_.target_optional) {
    if (unknown_++ == 0) first_unknown_ = {std::string(field), cell, line, row, 0};
  } else if (found == places_.end()) {
    throw InvalidArgument("holds the class " + shown(field) + ", which the model does not know" +
                          (is_class_number(cell) ? "; if it is the number of one, give the names in the "
                                                   "model's order (--labels)"
                                                 : "") +
                          suggest(std::string(field), needs_.known.class_names));
  }
  ids_.push(found == places_.end() ? -1 : found->second);
}

void TargetColumn::learn(std::string_view field, const Cell& cell, size_t line, size_t row) {
  key_ = field;
  const auto [found, added] = places_.try_emplace(key_, static_cast<int32_t>(seen_.size()));
  if (added) {
    if (!is_utf8(field)) {
      throw InvalidArgument("holds text that is not in UTF-8; save the table as UTF-8 or UTF-16");
    }
    if (seen_.size() > static_cast<size_t>(kMostClasses)) {
      throw InvalidArgument("is text, with more different words than there can be classes (" +
                            std::to_string(static_cast<int64_t>(kMostClasses)) + ")");
    }
    seen_.push_back({key_, cell, line, row, 0});
  }
  ++seen_[static_cast<size_t>(found->second)].count;
  ids_.push(found->second);
  const bool labels = needs_.target == TargetKind::kClassNumbers || needs_.target == TargetKind::kClassRows;
  if (added && !labels && seen_.size() > kMostSeen) give_up_classes();
}

// So many different numbers are values; from here on no cell is remembered.
void TargetColumn::give_up_classes() {
  for (const Seen& seen : seen_) {
    if (seen.cell.kind != CellKind::kNumber) return;
  }
  for (size_t row = 0; row < ids_.rows(); ++row) {
    const int32_t id = ids_.first_of(row);
    values_.push(id < 0 ? std::numeric_limits<float>::quiet_NaN()
                        : static_cast<float>(seen_[static_cast<size_t>(id)].cell.number));
  }
  mode_ = Mode::kValues;
  ids_ = RowBlocks<int32_t>(1);
  seen_.clear();
  places_.clear();
}

std::string TargetColumn::place(const std::string& source, const Seen& seen) const {
  return "'" + source + "', line " + std::to_string(seen.line) + ": column '" + column_ + "' of row " +
         std::to_string(seen.row) + " holds " + shown(seen.text);
}

// Numbers and text in one column: one of them is a mistake, and the fewer are.
bool TargetColumn::is_of_one_kind(const std::string& source) const {
  int64_t count[2] = {0, 0};
  const Seen* first[2] = {nullptr, nullptr};
  for (const Seen& seen : seen_) {
    const int kind = seen.cell.kind == CellKind::kNumber ? 0 : 1;
    count[kind] += seen.count;
    if (!first[kind]) first[kind] = &seen;
  }
  if (count[0] == 0 || count[1] == 0) return true;
  const int odd = count[1] <= count[0] ? 1 : 0;
  refuse(place(source, *first[odd]) + ", and " + std::to_string(count[1 - odd]) + " other rows hold " +
         (odd == 1 ? "numbers" : "text") + ": mend it, leave such rows out of the table, or, if " +
         "these are names of classes, name all of them (--labels)" +
         (odd == 1 ? mark_hint(first[1]->text, decimal_) : ""));
  return false;
}

// To ask, targets that cannot be are in nobody's way.
void TargetColumn::refuse(const std::string& reason) const {
  if (!needs_.target_optional) throw FileError(reason);
  warn("the targets are not used: " + reason);
}

Tensor TargetColumn::numbers_of(const std::vector<int32_t>& class_of_seen) {
  for (size_t row = 0; row < ids_.rows(); ++row) {
    int32_t& id = ids_.first_of(row);
    if (id >= 0) id = class_of_seen[static_cast<size_t>(id)];
  }
  return ids_.take(DType::kInt32, {static_cast<int64_t>(ids_.rows())});
}

void TargetColumn::finish_names(const std::string& source, LabelledData& data) {
  std::vector<int32_t> order(seen_.size()), class_of_seen(seen_.size());
  std::iota(order.begin(), order.end(), 0);
  const auto text = [&](int32_t id) -> const std::string& { return seen_[static_cast<size_t>(id)].text; };
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return text(a) < text(b); });
  for (const int32_t id : order) {
    class_of_seen[static_cast<size_t>(id)] = static_cast<int32_t>(data.class_names.size());
    data.class_names.push_back(text(id));
  }
  if (accept_new_classes(needs_, data.class_names, "'" + source + "': column '" + column_ + "'"))
    data.y = numbers_of(class_of_seen);
  else
    data.class_names.clear();
}

void TargetColumn::finish_numbers(const std::string& source, LabelledData& data) {
  std::vector<double> numbers;
  for (size_t i = 0; i < std::min<size_t>(seen_.size(), 8); ++i) numbers.push_back(seen_[i].cell.number);
  if (seen_.size() <= 8 && are_signs(numbers, needs_)) {
    data.class_names = {"-1", "1"};
    std::vector<int32_t> class_of_seen;
    for (const Seen& seen : seen_) class_of_seen.push_back(seen.cell.number > 0 ? 1 : 0);
    data.y = numbers_of(class_of_seen);
    return;
  }
  const bool labels = needs_.target == TargetKind::kClassNumbers || needs_.target == TargetKind::kClassRows;
  const auto odd =
      std::find_if(seen_.begin(), seen_.end(), [](const Seen& seen) { return !is_class_number(seen.cell); });
  const auto beyond = std::find_if(seen_.begin(), seen_.end(), [&](const Seen& seen) {
    return needs_.classes > 0 && seen.cell.number >= static_cast<double>(needs_.classes);
  });
  if (labels && (odd != seen_.end() || beyond != seen_.end()) && !needs_.target_optional) {
    throw FileError(place(source, odd != seen_.end() ? *odd : *beyond) + "; the number of a class was " +
                    "expected, as the model's loss has it, " +
                    (needs_.classes > 0 ? "0 to " + std::to_string(needs_.classes - 1) : "from 0 on"));
  }
  const bool yes_no = needs_.target == TargetKind::kYesNo && needs_.classes == 2;
  const auto no_share = std::find_if(seen_.begin(), seen_.end(), [](const Seen& seen) {
    return !(seen.cell.number >= 0 && seen.cell.number <= 1);
  });
  if (yes_no && no_share != seen_.end() && !needs_.target_optional) {
    throw FileError(place(source, *no_share) +
                    "; 0, 1 or a number between them was expected, as the model's " + "loss has it");
  }
  if (odd != seen_.end()) {
    give_up_classes();
    data.y = values_.take(DType::kFloat32, {static_cast<int64_t>(values_.rows())});
    return;
  }
  std::vector<int32_t> class_of_seen;
  int32_t largest = -1;
  for (const Seen& seen : seen_) {
    class_of_seen.push_back(static_cast<int32_t>(seen.cell.number));
    largest = std::max(largest, class_of_seen.back());
  }
  data.class_names = numbered_classes(largest + 1);
  data.y = numbers_of(class_of_seen);
}

void TargetColumn::finish(const std::string& source, LabelledData& data) {
  if (mode_ == Mode::kValues) {
    if (!needs_.target_optional) truths_.check("'" + source + "', ");
    infinite_.tell("'" + source + "', ");
    data.y = values_.take(DType::kFloat32, {static_cast<int64_t>(values_.rows())});
    return;
  }
  if (mode_ == Mode::kKnown) {
    if (unknown_ > 0) {
      warn(place(source, first_unknown_) + ", a class that the model does not know; in all " +
           count_of(static_cast<int64_t>(unknown_), "such cell") +
           suggest(first_unknown_.text, needs_.known.class_names));
    }
    data.class_names = needs_.known.class_names;
    data.y = ids_.take(DType::kInt32, {static_cast<int64_t>(ids_.rows())});
    return;
  }
  if (!is_of_one_kind(source)) return;
  if (!seen_.empty() && seen_.front().cell.kind == CellKind::kText)
    finish_names(source, data);
  else
    finish_numbers(source, data);
}

}  // namespace lamina::detail
