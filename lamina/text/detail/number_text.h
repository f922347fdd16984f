// Numbers with a fixed number of decimals, whatever the locale. Internal header.
#pragma once

#include <charconv>
#include <string>

namespace lamina::detail {

/// "53.15" for with_digits(53.1499, 2).
inline std::string with_digits(double value, int decimals) {
  char text[400];  // the largest double has 309 digits before its point
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, decimals).ptr;
  return std::string(text, end);
}

}  // namespace lamina::detail
