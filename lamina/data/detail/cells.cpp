// Fields to numbers, fast where they are short and exact everywhere.
#include "lamina/data/detail/cells.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace lamina::detail {
namespace {

// pandas/_libs/parsers.pyx, STR_NA_VALUES.
constexpr std::string_view kMissingWords[] = {
    "",     "#N/A", "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A",  "NA",       "NULL", "NaN",     "None",     "n/a",  "nan",  "null"};

// The common case: up to 19 digits and a small power of ten, where double arithmetic rounds once and so as
// strtod does (W. Clinger, "How to Read Floating Point Numbers Accurately", 1990).
bool read_simple(const char* p, const char* end, char decimal, double& value) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const bool negative = p < end && *p == '-';
  if (negative) ++p;
  uint64_t digits = 0;
  const char* const first = p;
  for (; p < end && *p >= '0' && *p <= '9'; ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
  auto count = p - first;
  std::ptrdiff_t after = 0;
  if (p < end && *p == decimal) {
    const char* const point = ++p;
    for (; p < end && *p >= '0' && *p <= '9'; ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
    after = p - point;
    count += after;
  }
  if (p != end || count == 0 || count > 18 || digits > (uint64_t{1} << 53)) return false;
  const double magnitude = static_cast<double>(digits) / kPowers[after];
  value = negative ? -magnitude : magnitude;
  return true;
}

bool read_any(std::string_view field, char decimal, double& value) {
  std::string copy;
  if (decimal != '.') {
    if (field.find('.') != std::string_view::npos) return false;
    copy = field;
    std::replace(copy.begin(), copy.end(), decimal, '.');
    field = copy;
  }
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (end != field.data() + field.size()) return false;
  if (error == std::errc::result_out_of_range) {
    // Beyond a double it is infinite or zero, as for strtod; from_chars leaves the value alone.
    const size_t exponent = field.find_first_of("eE");
    const bool small =
        exponent != std::string_view::npos && exponent + 1 < field.size() && field[exponent + 1] == '-';
    value = small ? 0 : std::numeric_limits<double>::infinity();
    if (field.starts_with('-')) value = -value;
    return true;
  }
  return error == std::errc();
}

bool is_missing_word(std::string_view field) {
  return std::find(std::begin(kMissingWords), std::end(kMissingWords), field) != std::end(kMissingWords);
}

}  // namespace

std::string_view trimmed(std::string_view field) {
  while (!field.empty() && (field.front() == ' ' || field.front() == '\t')) field.remove_prefix(1);
  while (!field.empty() && (field.back() == ' ' || field.back() == '\t')) field.remove_suffix(1);
  return field;
}

Cell read_cell(std::string_view field, char decimal) {
  Cell cell;
  if (!field.empty() && read_simple(field.data(), field.data() + field.size(), decimal, cell.number)) {
    cell.kind = CellKind::kNumber;
    return cell;
  }
  field = trimmed(field);
  if (is_missing_word(field)) return {CellKind::kMissing, 0};
  if (field.starts_with('+') && field.size() > 1 && field[1] != '-' && field[1] != '+')
    field.remove_prefix(1);
  if (!read_any(field, decimal, cell.number)) return {};
  // Other spellings of not a number: nan(0x1), NAN.
  cell.kind = cell.number != cell.number ? CellKind::kMissing : CellKind::kNumber;
  return cell;
}

bool is_truth(std::string_view field, double& value) {
  field = trimmed(field);
  for (const std::string_view word : {"True", "true", "TRUE"}) {
    if (field == word) value = 1;
    if (field == word) return true;
  }
  for (const std::string_view word : {"False", "false", "FALSE"}) {
    if (field == word) value = 0;
    if (field == word) return true;
  }
  return false;
}

namespace {

// The number without what separates its thousands: groups of three digits behind the first, which has one to
// three. Empty where there are none.
std::string without_thousands(std::string_view field, char decimal) {
  const char mark = decimal == '.' ? ',' : '.';
  const bool negative = field.starts_with('-');
  if (negative) field.remove_prefix(1);
  const std::string_view whole = field.substr(0, std::min(field.find(decimal), field.size()));
  const size_t first = whole.find(mark);
  if (first == std::string_view::npos || first < 1 || first > 3 || (whole.size() - first) % 4 != 0) return "";
  std::string plain = negative ? "-" : "";
  for (size_t i = 0; i < whole.size(); ++i) {
    const bool separates = i >= first && (i - first) % 4 == 0;
    if (separates ? whole[i] != mark : whole[i] < '0' || whole[i] > '9') return "";
    if (!separates) plain += whole[i];
  }
  plain += field.substr(whole.size());
  return read_cell(plain, decimal).kind == CellKind::kNumber ? plain : "";
}

}  // namespace

std::string mark_hint(std::string_view field, char decimal) {
  field = trimmed(field);
  const bool comma = decimal == '.' && field.find(',') != std::string_view::npos &&
                     read_cell(field, ',').kind == CellKind::kNumber;
  const std::string plain = without_thousands(field, decimal);
  if (plain.empty()) return comma ? "; if its comma is a decimal point, say so (--decimal-comma)" : "";
  return "; if it means " + plain +
         ", write it without what separates its thousands (pandas.read_csv(..., thousands='" +
         (decimal == '.' ? "," : ".") + "') reads such tables)" +
         (comma ? ", and if its comma is a decimal point, say so (--decimal-comma)" : "");
}

std::string shown(std::string_view field) {
  constexpr size_t kMost = 40;
  if (field.size() <= kMost) return "'" + std::string(field) + "'";
  size_t length = kMost;
  while (length > 0 && (static_cast<unsigned char>(field[length]) & 0xC0) == 0x80) --length;
  return "'" + std::string(field.substr(0, length)) + "...'";
}

}  // namespace lamina::detail
