// Assignment: who goes with whom at the least cost.
#pragma once

#include <cstdint>
#include <vector>

namespace lamina::vision {

/// For each row of `costs` the column that it is given, each column to one row at most, such that the sum of
/// costs is least (Kuhn, 1955; here by shortest paths, Jonker and Volgenant, 1987): as
/// scipy.optimize.linear_sum_assignment. Of more rows than columns some get none: -1. Takes time in
/// proportion to rows * rows * columns. Throws InvalidArgument for rows of different lengths and costs that
/// are no finite numbers.
std::vector<int64_t> least_cost_assignment(const std::vector<std::vector<double>>& costs);

}  // namespace lamina::vision
