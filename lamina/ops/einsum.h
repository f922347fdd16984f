// Sums of products in Einstein's notation.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// Einstein's sum: `einsum("bij,bjk->bik", {a, b})` is a product of matrices, `einsum("bij->bji", {a})` a
/// transpose. Each operand has one letter for each axis; letters that the result lacks are summed over;
/// without "->" the result has those that come once, in the order of the alphabet. "..." stands for axes that
/// no letter names, alike in all operands that have it. Several operands are multiplied from left to right.
/// As keras.ops.einsum.
///
/// Throws InvalidArgument, naming the subscripts, where they do not fit the operands, where extents of one
/// letter differ, and for a letter that comes twice in one operand (a diagonal).
Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands);

}  // namespace lamina
