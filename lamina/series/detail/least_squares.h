// Least squares by Householder's QR decomposition. Internal header.
#pragma once

#include <vector>

namespace lamina::detail {

/// The weights w that make the sum of squares of rows * w - truth least; of directions in which the rows do
/// not differ, which have no say in it, the weights are 0 (Golub and Van Loan, Matrix Computations, 5.5, with
/// column pivoting).
/// @param rows   at least as many as there are columns, all of one length.
/// @param truth  one value for each row.
std::vector<double> least_squares(std::vector<std::vector<double>> rows, std::vector<double> truth);

}  // namespace lamina::detail
