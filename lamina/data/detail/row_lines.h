// RowLines: on which line of its file a row of a table is. Internal header.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace lamina::detail {

/// Keeps the rows at which lines and rows drift apart, which are few.
class RowLines {
 public:
  /// Says that the row, from 0, is on that line, from 1. Rows come in order.
  void add(int64_t row, int64_t line) {
    if (drifts_.empty() || drifts_.back().second != line - row) drifts_.emplace_back(row, line - row);
  }
  /// The line of a row; 0 for one before the first that was added.
  int64_t line(int64_t row) const {
    const auto next = std::upper_bound(drifts_.begin(), drifts_.end(), row,
                                       [](int64_t one, const auto& drift) { return one < drift.first; });
    return next == drifts_.begin() ? 0 : row + std::prev(next)->second;
  }

 private:
  std::vector<std::pair<int64_t, int64_t>> drifts_;  // row, and how much further its line is
};

}  // namespace lamina::detail
