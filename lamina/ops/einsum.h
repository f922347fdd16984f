// Sums of products in Einstein's notation.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// Einstein's sum: `einsum("bij,bjk->bik", {a, b})` is a product of matrices, `einsum("bij->bji", {a})` a
/// transpose, `einsum("ii->i", {a})` a diagonal. Each operand has one letter for each axis; letters that the
/// result lacks are summed over; without "->" the result has those that come once, in the order of the
/// alphabet. A letter that comes twice in one operand takes the diagonal of these axes. "..." stands for axes
/// that no letter names, which broadcast by NumPy's rules. Operands are brought to one dtype, which is the
/// result's. Several operands are multiplied from left to right. As keras.ops.einsum.
///
/// Throws InvalidArgument, naming the subscripts, where they do not fit the operands, where extents of one
/// letter differ, and for a letter that comes twice in the result.
Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands);

}  // namespace lamina
