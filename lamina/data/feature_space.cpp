// What a column holds, and what is learned of it.
#include "lamina/data/feature_space.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/utf8.h"
#include "lamina/data/detail/feature_cells.h"

namespace lamina {
namespace {

using detail::FeatureCell;

constexpr size_t kFewNumbers = 10, kRowsOfEach = 20;
constexpr size_t kMostLines = 60;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A column read once.
struct Seen {
  std::vector<FeatureCell> cells;
  std::unordered_map<std::string, int64_t> counts;
  size_t missing = 0, numbers = 0, first_text = 0;
  double least = INFINITY, most = -INFINITY;  // number
  bool whole = true, dates = true, other_dates = true, told_dates = true;

  size_t values() const { return cells.size() - missing; }
  size_t texts() const { return values() - numbers; }
};

Seen look_at(const TextColumn& column, const detail::DateFormat* format) {
  Seen seen;
  seen.cells.reserve(column.size());
  for (size_t row = 0; row < column.size(); ++row) {
    const FeatureCell cell = detail::feature_cell(column[row]);
    seen.cells.push_back(cell);
    if (cell.kind == detail::CellKind::kMissing) {
      ++seen.missing;
      continue;
    }
    if (!is_utf8(column[row]))
      throw InvalidArgument(detail::place_of(column, row) +
                            "holds text that is not in UTF-8; save the table as UTF-8 or UTF-16");
    ++seen.counts[detail::category_of(column[row], cell)];
    seen.dates = seen.dates && detail::looks_like_a_date(column[row]);
    seen.told_dates = seen.told_dates && format && format->iso(column[row]);
    seen.other_dates = seen.other_dates && detail::looks_like_another_date(column[row]);
    if (cell.kind == detail::CellKind::kText) {
      if (seen.texts() == 1) seen.first_text = row;
      continue;
    }
    ++seen.numbers;
    seen.whole = seen.whole && cell.number == std::floor(cell.number);
    seen.least = std::min(seen.least, cell.number);
    seen.most = std::max(seen.most, cell.number);
  }
  return seen;
}

FeatureKind kind_of(const TextColumn& column, const Seen& seen, const FeatureSpaceOptions& options,
                    std::string& reason) {
  const auto leave_out = [&](const std::string& why) {
    reason = why;
    return FeatureKind::kLeftOut;
  };
  if (holds(options.left_out, column.name())) return leave_out("as told");
  if (seen.values() == 0) return leave_out("every row lacks a value");
  if (seen.counts.size() == 1 && seen.missing == 0) return leave_out("constant");
  if (holds(options.categorical, column.name())) return FeatureKind::kStringCategorical;
  const std::string different =
      detail::grouped(static_cast<int64_t>(seen.counts.size())) + " different values";
  const bool numeric = holds(options.numeric, column.name());
  if (seen.texts() > 0 && (numeric || seen.texts() * 20 < seen.values())) {
    throw InvalidArgument(detail::place_of(column, seen.first_text) + "holds " +
                          detail::shown(column[seen.first_text]) + ", and " + std::to_string(seen.numbers) +
                          " rows hold numbers: mend it, or say that they are names (--categorical) or leave "
                          "the column out (--leave-out)");
  }
  if (numeric) return FeatureKind::kFloatNormalized;
  if (seen.told_dates && !options.date_format.empty() && !seen.dates) return FeatureKind::kDate;
  if (seen.texts() == 0) {
    const auto rows = static_cast<double>(seen.values());
    if (seen.whole && seen.missing == 0 && rows > 2 && seen.counts.size() == seen.values() &&
        seen.most - seen.least < 2 * rows)
      return leave_out("numbers the rows: whole, and all differ");
    const size_t count = seen.counts.size();
    if (!seen.whole || count < 3 || count > kFewNumbers || seen.values() < kRowsOfEach * count)
      return FeatureKind::kFloatNormalized;
    reason = "whole numbers of " + different;
    return FeatureKind::kStringCategorical;
  }
  if (seen.dates) return FeatureKind::kDate;
  if (seen.other_dates) {
    warn("column '" + column.name() + "' holds " + detail::shown(column[seen.first_text]) +
         ", which may be a date, but day and month are told apart only in ISO 8601 (2020-02-29): taken as "
         "text; " +
         detail::date_format_hint());
  }
  if (seen.counts.size() * 2 > seen.values()) return leave_out("text of " + different);
  return FeatureKind::kStringCategorical;
}

void learn_numbers(const TextColumn& column, const Seen& seen, Feature& feature) {
  std::vector<double> values;
  for (size_t row = 0; row < seen.cells.size(); ++row) {
    if (seen.cells[row].kind == detail::CellKind::kNumber)
      values.push_back(detail::finite_number(column, row, seen.cells[row]));
  }
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  feature.fill = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  values.insert(values.end(), seen.missing, feature.fill);
  std::tie(feature.mean, feature.deviation) = detail::mean_and_deviation(values);
}

void learn_categories(const Seen& seen, int64_t most, Feature& feature) {
  std::vector<std::pair<std::string, int64_t>> found(seen.counts.begin(), seen.counts.end());
  if (static_cast<int64_t>(found.size()) > most) {
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    found.resize(static_cast<size_t>(most) - 1);
    feature.other = true;
  }
  for (const auto& [category, count] : found) feature.categories.push_back(category);
  std::sort(feature.categories.begin(), feature.categories.end(), detail::category_before);
}

void learn_dates(const TextColumn& column, const Seen& seen, const detail::DateFormat* format,
                 Feature& feature) {
  std::vector<std::vector<double>> parts(detail::kDateParts);
  for (size_t row = 0; row < seen.cells.size(); ++row) {
    if (seen.cells[row].kind == detail::CellKind::kMissing) continue;
    const auto date = detail::date_parts(column, row, format);
    for (size_t i = 0; i < date.size(); ++i) parts[i].push_back(date[i]);
  }
  for (const std::vector<double>& part : parts)
    feature.parts.push_back(
        *std::max_element(part.begin(), part.end()) - *std::min_element(part.begin(), part.end()) > 1e-9);
  std::tie(feature.mean, feature.deviation) = detail::mean_and_deviation(parts[0]);
}

void check_names(const std::vector<TextColumn>& columns, const FeatureSpaceOptions& options) {
  std::vector<std::string> known, said;
  for (const TextColumn& column : columns) known.push_back(column.name());
  for (const auto* names : {&options.numeric, &options.categorical, &options.left_out}) {
    for (const std::string& name : *names) {
      if (!holds(known, name)) throw InvalidArgument("unknown column '" + name + "'" + suggest(name, known));
      if (holds(said, name)) throw InvalidArgument("two things are to become of the column '" + name + "'");
      said.push_back(name);
    }
  }
}

std::string result_of(const Feature& feature) {
  const std::string missing = feature.missing ? ", a column for missing ones" : "";
  switch (feature.kind) {
    case FeatureKind::kLeftOut:
      return feature.reason;
    case FeatureKind::kFloatNormalized:
      return "normalized" + missing;
    case FeatureKind::kDate:
      return "days, and parts of year, week and day" + missing;
    case FeatureKind::kStringCategorical:
      break;
  }
  return detail::count_of(static_cast<int64_t>(feature.categories.size()), "category", "categories") +
         (feature.other ? ", the rarer ones together" : "") + missing +
         (feature.reason.empty() ? "" : ": " + feature.reason);
}

}  // namespace

FeatureSpace FeatureSpace::adapt(const std::vector<TextColumn>& columns, const FeatureSpaceOptions& options) {
  if (columns.empty() || columns[0].size() == 0) throw InvalidArgument("the table has no rows to learn from");
  if (options.max_tokens < 1) throw InvalidArgument("max_tokens: at least 1 was expected");
  check_names(columns, options);
  std::optional<detail::DateFormat> format;
  if (!options.date_format.empty()) format.emplace(options.date_format);
  FeatureSpace space;
  for (const TextColumn& column : columns) {
    if (column.size() != columns[0].size())
      throw InvalidArgument("the columns '" + columns[0].name() + "' and '" + column.name() +
                            "' differ in length");
    const Seen seen = look_at(column, format ? &*format : nullptr);
    Feature feature{.name = column.name()};
    feature.kind = kind_of(column, seen, options, feature.reason);
    feature.missing = feature.kind != FeatureKind::kLeftOut && seen.missing > 0;
    if (feature.kind == FeatureKind::kFloatNormalized) learn_numbers(column, seen, feature);
    if (feature.kind == FeatureKind::kStringCategorical) learn_categories(seen, options.max_tokens, feature);
    if (feature.kind == FeatureKind::kDate) {
      if (!seen.dates) feature.format = options.date_format;
      learn_dates(column, seen, seen.dates ? nullptr : &*format, feature);
    }
    space.features_.push_back(std::move(feature));
  }
  const auto so = [](const Feature& feature) { return !feature.format.empty(); };
  if (format && std::none_of(space.features_.begin(), space.features_.end(), so))
    throw InvalidArgument("no column holds dates as '" + options.date_format + "' alone (--date-format)");
  if (space.width() == 0) throw InvalidArgument("no column is left to learn from:\n" + space.summary());
  return space;
}

std::string FeatureSpace::summary() const {
  size_t wide = 0;
  for (const Feature& feature : features_) wide = std::max(wide, std::min<size_t>(feature.name.size(), 30));
  std::string text;
  for (size_t i = 0; i < std::min(features_.size(), kMostLines); ++i) {
    const Feature& feature = features_[i];
    const std::string kind = name(feature.kind);
    text += (i > 0 ? "\n  " : "  ") + feature.name +
            std::string(wide > feature.name.size() ? wide - feature.name.size() : 0, ' ') + "  " + kind +
            std::string(20 - kind.size(), ' ') + result_of(feature);
  }
  if (features_.size() > kMostLines)
    text += "\n  and " + detail::count_of(static_cast<int64_t>(features_.size() - kMostLines), "column") +
            " more";
  return text;
}

}  // namespace lamina
