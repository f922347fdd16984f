// Matrix products.
#pragma once

#include <string>

#include "lamina/core/tensor.h"
#include "lamina/graph/contraction.h"

namespace lamina {

/// Product of matrices: `a` (..., m, k) by `b` (..., k, n) gives (..., m, n). With `transpose_a` the last two
/// axes of `a` are swapped before the product, so it is given as (..., k, m); likewise `b` as (..., n, k).
/// Leading axes are broadcast. A vector (one axis) stands for a row as `a`, for a column as `b`, and its axis
/// leaves the result; it cannot be transposed. Operands of different numeric dtypes are promoted. As
/// keras.ops.matmul and NumPy. Throws InvalidArgument, naming both shapes, when the inner extents differ or
/// an operand is a scalar.
///
/// The bits do not depend on the number of threads. In float32 up to 32 rows (up to 4 without `transpose_b`)
/// by one matrix of at least 16,384 numbers give what each of them gives alone, to the bit.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

/// activation(matmul(a, b) + bias) in one pass over the result, with bias (n,) and activation "linear" or
/// "relu". What the epilogue pass makes of the parts; the same numbers.
Tensor matmul_bias_act(const Tensor& a, const Tensor& b, const Tensor& bias,
                       const std::string& activation = "linear", bool transpose_a = false,
                       bool transpose_b = false);

}  // namespace lamina
