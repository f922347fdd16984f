// Which rows of a table were kept. Internal header.
#pragma once

#include <cstdint>
#include <vector>

namespace lamina::detail {

/// Says that row `row` of the table, from 0, is the last of `kept` rows; called from the first row on behind
/// one that was left out, so that tables that are kept whole need no numbers.
inline void keep_number(std::vector<int64_t>& numbers, int64_t kept, int64_t row) {
  for (auto i = static_cast<int64_t>(numbers.size()); i + 1 < kept; ++i) numbers.push_back(i);
  numbers.push_back(row);
}

}  // namespace lamina::detail
