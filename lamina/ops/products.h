// Products of vectors and matrices that other ops make up. As NumPy and keras.ops; operands of different
// dtypes are promoted.
#pragma once

#include <optional>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina {

/// Each element of x1 times each of x2, both flattened: (m, n).
Tensor outer(const Tensor& x1, const Tensor& x2);
/// Sums of products over the last axis of x1 and the last but one of x2, or its only one: (..., n) and
/// (..., n, p) give (..., ..., p). A number multiplies.
Tensor dot(const Tensor& x1, const Tensor& x2);
/// Sums of products over the last axes of both: (..., n) and (..., n) give (..., ...). A number multiplies.
Tensor inner(const Tensor& x1, const Tensor& x2);
/// The sum of products of both, flattened: one number.
Tensor vdot(const Tensor& x1, const Tensor& x2);
/// Kronecker's product: a block for each element of x1, which holds x2 times that.
Tensor kron(const Tensor& x1, const Tensor& x2);
/// The vector product of vectors of 2 or 3 elements along an axis; a third one that is missing is 0, and of
/// two flat vectors only the third element is given.
/// @param axisa, axisb, axisc  the vectors' axis in x1, in x2, and in the result; `axis` says it for all.
/// Throws InvalidArgument for vectors of other lengths and an axis that is not there.
Tensor cross(const Tensor& x1, const Tensor& x2, int axisa = -1, int axisb = -1, int axisc = -1,
             std::optional<int> axis = std::nullopt);
/// Euclidean distances of the rows of x (..., m, d) and y (..., n, d): (..., m, n). Throws InvalidArgument
/// for less than two axes and points of different numbers.
Tensor cdist(const Tensor& x, const Tensor& y);
/// Sums of products of x1 (n,) with x2 (m,) moved along it: where the shorter one lies upon the other whole
/// ("valid"), as many as the longer one has, in the middle ("same"), or all ("full"). Throws InvalidArgument
/// for other shapes and modes.
Tensor correlate(const Tensor& x1, const Tensor& x2, const std::string& mode = "valid");
/// Pearson's coefficients of the rows of x (m, n): (m, m). Throws InvalidArgument for other shapes.
Tensor corrcoef(const Tensor& x);
/// The integral along an axis of what is straight between the elements, which lie `dx` apart. Throws
/// InvalidArgument for no elements.
Tensor trapezoid(const Tensor& y, double dx = 1.0, int axis = -1);
/// The powers 0 to N - 1 of each element of x (n,) as a row, falling: (n, N). N is n unless given. Throws
/// InvalidArgument for other shapes.
Tensor vander(const Tensor& x, std::optional<int64_t> N = std::nullopt, bool increasing = false);

}  // namespace lamina
