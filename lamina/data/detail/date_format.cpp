// strptime for tables: the same on every machine, whatever its locale.
#include "lamina/data/detail/date_format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

#include "lamina/base/error.h"
#include "lamina/data/detail/cells.h"

namespace lamina::detail {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};
constexpr std::string_view kKnown = "YymdbBHIpMSf%";

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool take_word(std::string_view& text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  text.remove_prefix(word.size());
  return true;
}

// From one to `most` digits.
bool take_number(std::string_view& text, size_t most, int& value) {
  size_t digits = 0;
  value = 0;
  while (digits < std::min(most, text.size()) && text[digits] >= '0' && text[digits] <= '9')
    value = value * 10 + (text[digits++] - '0');
  text.remove_prefix(digits);
  return digits > 0;
}

struct Moment {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int afternoon = -1;
  std::string fraction = {};
};

bool take_month(std::string_view& text, bool whole, int& month) {
  for (size_t i = 0; i < kMonths.size(); ++i) {
    month = static_cast<int>(i) + 1;
    if (take_word(text, whole ? kMonths[i] : kMonths[i].substr(0, 3))) return true;
  }
  return false;
}

bool take_part(std::string_view& text, char part, Moment& at) {
  switch (part) {
    case 'Y': {
      const size_t before = text.size();
      return take_number(text, 4, at.year) && before - text.size() == 4;
    }
    case 'y':
      if (!take_number(text, 2, at.year)) return false;
      at.year += at.year < 69 ? 2000 : 1900;
      return true;
    case 'm':
      return take_number(text, 2, at.month);
    case 'd':
      return take_number(text, 2, at.day);
    case 'b':
      return take_month(text, false, at.month);
    case 'B':
      return take_month(text, true, at.month);
    case 'H':
      return take_number(text, 2, at.hour);
    case 'I':
      return take_number(text, 2, at.hour) && at.hour >= 1 && at.hour <= 12;
    case 'p':
      if (take_word(text, "am"))
        at.afternoon = 0;
      else if (take_word(text, "pm"))
        at.afternoon = 1;
      return at.afternoon >= 0;
    case 'M':
      return take_number(text, 2, at.minute);
    case 'S':
      return take_number(text, 2, at.second);
    case 'f':
      while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        at.fraction += text[0];
        text.remove_prefix(1);
      }
      return !at.fraction.empty();
    default:
      return take_word(text, "%");
  }
}

}  // namespace

DateFormat::DateFormat(const std::string& format) : format_(format) {
  std::string parts;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (++i == format.size() || kKnown.find(format[i]) == std::string_view::npos)
      throw InvalidArgument("the date format '" + format + "' holds '" + format.substr(i - 1, 2) +
                            "'; expected %Y, %y, %m, %d, %b, %B, %H, %I, %p, %M, %S, %f and %%");
    parts += format[i];
  }
  const auto has = [&](const char* any) { return parts.find_first_of(any) != std::string::npos; };
  if (!has("Yy") || !has("mbB") || !has("d"))
    throw InvalidArgument("the date format '" + format + "' lacks a year (%Y), a month (%m) or a day (%d)");
  has_time_ = has("HIMSf");
}

std::optional<std::string> DateFormat::iso(std::string_view field) const {
  std::string_view text = trimmed(field);
  Moment at;
  for (size_t i = 0; i < format_.size(); ++i) {
    if (format_[i] == '%') {
      if (!take_part(text, format_[++i], at)) return std::nullopt;
    } else if (text.empty() || text[0] != format_[i]) {
      return std::nullopt;
    } else {
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  if (at.afternoon >= 0) at.hour = at.hour % 12 + 12 * at.afternoon;
  char iso[64];
  std::snprintf(iso, sizeof iso, "%04d-%02d-%02d", at.year, at.month, at.day);
  std::string result = iso;
  if (!has_time_) return result;
  std::snprintf(iso, sizeof iso, "T%02d:%02d:%02d", at.hour, at.minute, at.second);
  result += iso;
  return at.fraction.empty() ? result : result + "." + at.fraction;
}

std::string date_format_hint() { return "say how it is written (--date-format, such as %d/%m/%Y)"; }

}  // namespace lamina::detail
