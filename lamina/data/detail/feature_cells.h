// Cells of tables as features: numbers, categories and dates. Internal header.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/date_format.h"
#include "lamina/data/text_column.h"

namespace lamina::detail {

struct FeatureCell {
  CellKind kind = CellKind::kText;
  double number = 0;
};

/// A cell as read_cell has it, and "?" is missing, too.
FeatureCell feature_cell(std::string_view field);
/// The name of a cell's category: without spaces around it, and numbers in their shortest form (3 for 3.0).
/// `cell` is what feature_cell says of it.
std::string category_of(std::string_view field, const FeatureCell& cell);
/// Numbers by size before texts by their bytes.
bool category_before(const std::string& a, const std::string& b);

/// "column 'age' of row 7 ", the row from 1.
std::string place_of(const TextColumn& column, size_t row);
/// The number of a cell; throws InvalidArgument, naming the row, where float32 holds none such.
double finite_number(const TextColumn& column, size_t row, const FeatureCell& cell);

/// Whether it begins as "2020-02-29" does.
bool looks_like_a_date(std::string_view field);
/// Whether it is three numbers between slashes, points or dashes, as in 03/04/2020, and not ISO 8601.
bool looks_like_another_date(std::string_view field);
inline constexpr size_t kDateParts = 7;
/// Days since 1970 with the part of the day; sine and cosine of the place in the year, the week and the day.
/// Times are taken as they stand, without regard to a zone behind them. Throws InvalidArgument, naming the
/// row, for what is no ISO 8601 date ("2020-02-29", "2020-02-29T23:59:59.5Z") and for days that do not exist.
/// @param format  how the column writes its dates; nullptr: ISO 8601.
std::array<double, kDateParts> date_parts(const TextColumn& column, size_t row,
                                          const DateFormat* format = nullptr);

/// Of the population; a deviation of 0 counts as 1.
std::pair<double, double> mean_and_deviation(const std::vector<double>& values);

}  // namespace lamina::detail
