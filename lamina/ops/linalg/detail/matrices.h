// What the functions of matrices share: checks, dtypes, transposes and triangles. Internal header.
#pragma once

#include <string>
#include <utility>

#include "lamina/core/tensor.h"
#include "lamina/graph/op.h"

namespace lamina::detail {

/// Floats that LAPACK knows, and the dtype that results are given back in.
struct Floats {
  Tensor x;
  DType wanted;
};
/// x as float32 or float64. Throws InvalidArgument, naming `function`, for less than two axes.
Floats matrices_of(const char* function, const Tensor& x);
/// The same; throws, too, for matrices that are not square.
Floats square_matrices_of(const char* function, const Tensor& x);
/// a and b in one such dtype, with the same leading axes: a (..., n, n), b (..., n, k). Throws
/// InvalidArgument.
std::pair<Floats, Tensor> system_of(const char* function, const Tensor& a, const Tensor& b);

/// Fails unless the input has two axes and, where `square`, as many rows as columns.
void check_matrices(const InferArgs& args, bool square);

/// The last two axes swapped.
Tensor transposed(const Tensor& x);
/// Elements up to the diagonal, or those below it alone, or those from it on; elsewhere 0.
Tensor lower_part(const Tensor& x);
Tensor strictly_lower_part(const Tensor& x);
Tensor upper_part(const Tensor& x);
/// (n, n) with ones on the diagonal; the same for each matrix of x.
Tensor identity(int64_t n, DType dtype);
Tensor identity_like(const Tensor& x);
/// (..., n) as the diagonals of (..., n, n).
Tensor diagonal_matrices(const Tensor& x);

/// The shape of x with its last two extents, or the last one, changed; "without_last" drops axes.
Shape with_matrix(const Shape& shape, int64_t rows, int64_t columns);
Shape without_last(const Shape& shape, int axes);

}  // namespace lamina::detail
