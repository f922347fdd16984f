// One column after the other, that with the greatest rest first.
#include "lamina/series/detail/least_squares.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace lamina::detail {

std::vector<double> least_squares(std::vector<std::vector<double>> rows, std::vector<double> truth) {
  const size_t n = rows.size(), columns = rows.empty() ? 0 : rows[0].size();
  std::vector<size_t> order(columns);
  std::iota(order.begin(), order.end(), size_t{0});
  const auto rest = [&](size_t column, size_t from) {
    double sum = 0;
    for (size_t i = from; i < n; ++i) sum += rows[i][column] * rows[i][column];
    return std::sqrt(sum);
  };
  double greatest = 0;
  size_t rank = 0;
  for (; rank < std::min(n, columns); ++rank) {
    size_t pivot = rank;
    double norm = 0;
    for (size_t column = rank; column < columns; ++column) {
      const double length = rest(order[column], rank);
      if (length > norm) pivot = column;
      norm = std::max(norm, length);
    }
    greatest = std::max(greatest, norm);
    if (norm <= greatest * 1e-12) break;
    std::swap(order[rank], order[pivot]);
    const size_t column = order[rank];
    const double head = rows[rank][column], diagonal = head > 0 ? -norm : norm;
    std::vector<double> mirror(n - rank);
    for (size_t i = rank; i < n; ++i) mirror[i - rank] = rows[i][column];
    mirror[0] -= diagonal;
    double square = 0;
    for (const double value : mirror) square += value * value;
    const auto reflect = [&](auto&& at) {
      double product = 0;
      for (size_t i = rank; i < n; ++i) product += mirror[i - rank] * at(i);
      for (size_t i = rank; i < n; ++i) at(i) -= 2 * product / square * mirror[i - rank];
    };
    for (size_t other = rank; other < columns; ++other)
      reflect([&](size_t i) -> double& { return rows[i][order[other]]; });
    reflect([&](size_t i) -> double& { return truth[i]; });
  }
  std::vector<double> weights(columns, 0.0);
  for (size_t i = rank; i-- > 0;) {
    double value = truth[i];
    for (size_t j = i + 1; j < rank; ++j) value -= rows[i][order[j]] * weights[order[j]];
    weights[order[i]] = value / rows[i][order[i]];
  }
  return weights;
}

}  // namespace lamina::detail
