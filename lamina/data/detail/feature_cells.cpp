// Numbers, categories and dates out of fields.
#include "lamina/data/detail/feature_cells.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <numbers>
#include <optional>

#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

// Takes `count` digits off the front.
std::optional<int> take_digits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// The part of the day that "T12:30:00.5" says, with a zone or none behind it.
std::optional<double> time_of(std::string_view text) {
  if (text.empty()) return 0;
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  double seconds = 0;
  if (take(text, ':')) {
    const auto whole = take_digits(text, 2);
    if (!whole || *whole > 60) return std::nullopt;
    seconds = *whole;
    if (take(text, '.')) {
      double unit = 0.1;
      if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
      for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10)
        seconds += unit * (text[0] - '0');
    }
  }
  if (text == "Z") text = {};
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    text.remove_prefix(1);
    if (!take_digits(text, 2)) return std::nullopt;
    take(text, ':');
    if (!text.empty() && !take_digits(text, 2)) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return (*hour * 3600 + *minute * 60 + seconds) / 86400;
}

}  // namespace

FeatureCell feature_cell(std::string_view field) {
  if (trimmed(field) == "?") return {CellKind::kMissing, 0};
  const Cell cell = read_cell(field, '.');
  return {cell.kind, cell.number};
}

std::string category_of(std::string_view field, const FeatureCell& cell) {
  if (cell.kind != CellKind::kNumber) return std::string(trimmed(field));
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, cell.number == 0 ? 0 : cell.number);
  return std::string(text, end.ptr);
}

bool category_before(const std::string& a, const std::string& b) {
  const FeatureCell left = feature_cell(a), right = feature_cell(b);
  const bool number = left.kind == CellKind::kNumber, other = right.kind == CellKind::kNumber;
  if (number && other) return left.number < right.number;
  return number != other ? number : a < b;
}

std::string place_of(const TextColumn& column, size_t row) {
  const int64_t line = column.line(row);
  return (line > 0 ? "line " + std::to_string(line) + ": " : std::string()) + "column '" + column.name() +
         "' of row " + std::to_string(column.number(row) + 1) + " ";
}

double finite_number(const TextColumn& column, size_t row, const FeatureCell& cell) {
  if (std::isfinite(static_cast<float>(cell.number))) return cell.number;
  throw InvalidArgument(place_of(column, row) + "holds " + shown(column[row]) +
                        ", which is infinite in float32; a finite number was expected");
}

bool looks_like_a_date(std::string_view field) {
  field = trimmed(field);
  return take_digits(field, 4) && take(field, '-') && take_digits(field, 2) && take(field, '-') &&
         take_digits(field, 2);
}

bool looks_like_another_date(std::string_view field) {
  field = trimmed(field);
  if (looks_like_a_date(field)) return false;
  size_t numbers = 0, digits = 0;
  for (const char c : field) {
    if (c >= '0' && c <= '9') {
      if (++digits > 4) return false;
    } else if ((c == '/' || c == '.' || c == '-') && digits > 0) {
      ++numbers, digits = 0;
    } else {
      return false;
    }
  }
  return numbers == 2 && digits > 0;
}

std::array<double, kDateParts> date_parts(const TextColumn& column, size_t row, const DateFormat* format) {
  namespace chrono = std::chrono;
  std::string_view text = trimmed(column[row]);
  const auto fail = [&](const char* what) {
    throw InvalidArgument(place_of(column, row) + "holds " + shown(column[row]) + what);
  };
  std::string iso;
  if (format) {
    iso = format->iso(text).value_or("");
    if (iso.empty()) fail("; a date as in training was expected (--date-format)");
    text = iso;
  }
  if (!looks_like_a_date(text))
    fail("; a date as in ISO 8601 was expected, 2020-02-29 or 2020-02-29T12:30:00");
  const int year = *take_digits(text, 4);
  take(text, '-');
  const int month = *take_digits(text, 2);
  take(text, '-');
  const int day = *take_digits(text, 2);
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) fail(", a day that does not exist");
  const std::optional<double> time = time_of(text);
  if (!time) fail("; a time of day as in ISO 8601 was expected behind the date, T12:30:00");
  const chrono::sys_days days{date};
  const auto new_year = [](int of) { return chrono::sys_days{chrono::year(of) / chrono::January / 1}; };
  const double of_year = static_cast<double>((days - new_year(year)).count()) /
                         static_cast<double>((new_year(year + 1) - new_year(year)).count());
  const double of_week = chrono::weekday(days).iso_encoding() / 7.0;
  std::array<double, kDateParts> parts{static_cast<double>(days.time_since_epoch().count()) + *time};
  size_t at = 1;
  for (const double turn : {of_year, of_week, *time}) {
    parts[at++] = std::sin(2 * std::numbers::pi * turn);
    parts[at++] = std::cos(2 * std::numbers::pi * turn);
  }
  return parts;
}

std::pair<double, double> mean_and_deviation(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, variance = 0;
  for (const double value : values) mean += value / count;
  for (const double value : values) variance += (value - mean) * (value - mean) / count;
  return {mean, variance > 0 ? std::sqrt(variance) : 1};
}

}  // namespace lamina::detail
