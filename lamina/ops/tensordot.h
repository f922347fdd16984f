// Sums of products over chosen axes of two tensors.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// The sum of products over the last `axes` axes of `a` and as many first ones of `b`: (..., m, n) and (m, n,
/// ...) give (..., ...) for the default of 2; with 0 the outer product. Operands of different dtypes are
/// promoted. As keras.ops.tensordot. Throws InvalidArgument for a negative number, or one of more axes than
/// an operand has, and where extents differ.
Tensor tensordot(const Tensor& a, const Tensor& b, int axes = 2);

/// The same over the axes `of_a` of `a`, each paired with the one of `of_b` at its place: the result has the
/// other axes of `a`, then those of `b`. Negative axes count from the end. Throws InvalidArgument where the
/// lists have different lengths or name an axis twice, and for axes that an operand lacks.
Tensor tensordot(const Tensor& a, const Tensor& b, const std::vector<int>& of_a,
                 const std::vector<int>& of_b);

}  // namespace lamina
