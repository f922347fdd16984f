// Diagonals of matrices, and matrices made of them. As NumPy and keras.ops. An offset counts columns right of
// the main diagonal, left of it if negative.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// The diagonal of two axes of x, as a last axis. Throws InvalidArgument for less than two axes, one twice,
/// or one that x lacks.
Tensor diagonal(const Tensor& x, int offset = 0, int axis1 = 0, int axis2 = 1);
/// The sum of that diagonal.
Tensor trace(const Tensor& x, int offset = 0, int axis1 = 0, int axis2 = 1);
/// The diagonal of a matrix, or a matrix with a vector on it and 0 elsewhere. Throws InvalidArgument for
/// other numbers of axes.
Tensor diag(const Tensor& x, int k = 0);
/// A matrix with the elements of x, of any shape, on a diagonal.
Tensor diagflat(const Tensor& x, int k = 0);
/// N rows and M columns, N unless given, with 1 on a diagonal and 0 elsewhere. Throws InvalidArgument for
/// negative ones.
Tensor eye(int64_t N, std::optional<int64_t> M = std::nullopt, int64_t k = 0, DType dtype = DType::kFloat32);
/// The same with 1 on the diagonal and below.
Tensor tri(int64_t N, std::optional<int64_t> M = std::nullopt, int64_t k = 0, DType dtype = DType::kFloat32);

}  // namespace lamina
