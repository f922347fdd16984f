// Shortest augmenting paths with potentials.
#include "lamina/vision/assignment.h"

#include <cmath>
#include <limits>
#include <string>

#include "lamina/base/error.h"

namespace lamina::vision {
namespace {

// For no more rows than columns.
std::vector<int64_t> assign_rows(const std::vector<std::vector<double>>& costs, size_t rows, size_t columns) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  // Places are counted from 1: 0 is where a path begins.
  std::vector<double> of_row(rows + 1), of_column(columns + 1);
  std::vector<size_t> row_of(columns + 1), came_from(columns + 1);
  for (size_t row = 1; row <= rows; ++row) {
    row_of[0] = row;
    size_t column = 0;
    std::vector<double> least(columns + 1, kFar);
    std::vector<char> done(columns + 1);
    while (row_of[column] != 0) {
      done[column] = 1;
      const size_t at = row_of[column];
      double step = kFar;
      size_t next = 0;
      for (size_t other = 1; other <= columns; ++other) {
        if (done[other]) continue;
        const double reduced = costs[at - 1][other - 1] - of_row[at] - of_column[other];
        if (reduced < least[other]) {
          least[other] = reduced;
          came_from[other] = column;
        }
        if (least[other] < step) {
          step = least[other];
          next = other;
        }
      }
      for (size_t other = 0; other <= columns; ++other) {
        if (done[other]) {
          of_row[row_of[other]] += step;
          of_column[other] -= step;
        } else {
          least[other] -= step;
        }
      }
      column = next;
    }
    while (column != 0) {
      row_of[column] = row_of[came_from[column]];
      column = came_from[column];
    }
  }
  std::vector<int64_t> result(rows, -1);
  for (size_t column = 1; column <= columns; ++column) {
    if (row_of[column] != 0) result[row_of[column] - 1] = static_cast<int64_t>(column) - 1;
  }
  return result;
}

}  // namespace

std::vector<int64_t> least_cost_assignment(const std::vector<std::vector<double>>& costs) {
  const size_t rows = costs.size(), columns = rows == 0 ? 0 : costs[0].size();
  for (size_t row = 0; row < rows; ++row) {
    if (costs[row].size() != columns)
      throw InvalidArgument("assignment: row " + std::to_string(row) + " has " +
                            std::to_string(costs[row].size()) + " costs and the first " +
                            std::to_string(columns));
    for (const double cost : costs[row]) {
      if (!std::isfinite(cost))
        throw InvalidArgument("assignment: a cost in row " + std::to_string(row) + " is no finite number");
    }
  }
  if (columns == 0) return std::vector<int64_t>(rows, -1);
  if (rows <= columns) return assign_rows(costs, rows, columns);
  std::vector<std::vector<double>> turned(columns, std::vector<double>(rows));
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column) turned[column][row] = costs[row][column];
  }
  const std::vector<int64_t> rows_of = assign_rows(turned, columns, rows);
  std::vector<int64_t> result(rows, -1);
  for (size_t column = 0; column < columns; ++column)
    result[static_cast<size_t>(rows_of[column])] = static_cast<int64_t>(column);
  return result;
}

}  // namespace lamina::vision
