// Products of two tensors in Einstein's notation. Internal header.
#pragma once

#include <string>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// "abc,cde->abde" in parts.
struct EinsumTerms {
  std::string a, b, result;
  std::string str() const { return a + "," + b + "->" + result; }
};

/// Throws InvalidArgument, naming the equation, where it is no product of two operands: letters come once in
/// each part, those of the result come from an operand, and those of one operand alone are in the result.
/// "..." may stand in the first operand and the result, at the same end of both.
EinsumTerms parse_einsum(const std::string& equation);

/// The equation with letters for the axes that "..." stands for, for a first operand of that rank.
EinsumTerms without_ellipsis(EinsumTerms terms, int rank);

/// The product; terms without "...". Letters in both operands and not in the result are summed over. Throws
/// InvalidArgument where the ranks differ or a letter's extents do.
Tensor einsum(const EinsumTerms& terms, const Tensor& a, const Tensor& b);

}  // namespace lamina::detail
