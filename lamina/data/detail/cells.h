// What one field of a table says: a number, nothing, or text. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lamina::detail {

enum class CellKind { kNumber, kMissing, kText };

struct Cell {
  CellKind kind = CellKind::kText;
  double number = 0;
};

/// `field` without the spaces around it.
std::string_view trimmed(std::string_view field);

/// Whether `field` is a few digits and nothing else, the commonest of all, and what they say.
inline bool read_digits(std::string_view field, uint32_t& value) {
  if (field.empty() || field.size() > 9) return false;
  value = 0;
  for (const char c : field) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return true;
}

/// Reads a field. Numbers are decimal, with `decimal` ('.' or ',') for the point, or inf; missing are nothing
/// at all and what pandas.read_csv takes for it: NA, NaN, null, None, ...
Cell read_cell(std::string_view field, char decimal);

/// True and False, as pandas writes them, also in upper and lower case: 1 and 0 where a number is needed.
bool is_truth(std::string_view field, double& value);

/// What to add to the message about a field that is no number, when it is one with a decimal comma, or with
/// marks between its thousands.
std::string mark_hint(std::string_view field, char decimal);

/// A field for an error message: in quotes, and not all of a long one.
std::string shown(std::string_view field);

}  // namespace lamina::detail
