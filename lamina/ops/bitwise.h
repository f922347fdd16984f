// Arithmetic on the bits of integers. As NumPy and keras.ops: shapes broadcast, arguments are brought to one
// dtype, and InvalidArgument names what is no integer. No gradient flows through them.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// The bits that both have.
Tensor bitwise_and(const Tensor& x, const Tensor& y);
/// The bits that one of them has.
Tensor bitwise_or(const Tensor& x, const Tensor& y);
/// The bits that just one of them has.
Tensor bitwise_xor(const Tensor& x, const Tensor& y);
/// The bits that x does not have: -x - 1 for signed integers. Of bool the other truth.
Tensor bitwise_not(const Tensor& x);
/// x with its bits moved y places up; what leaves the dtype is lost, so that 0 is left of as many places as
/// it has, or more. A negative y counts as that, too.
Tensor left_shift(const Tensor& x, const Tensor& y);
/// x with its bits moved y places down, the sign kept: 0, or -1 of a negative x, is left of as many places as
/// the dtype has, or more. A negative y counts as that, too.
Tensor right_shift(const Tensor& x, const Tensor& y);
/// Greatest common divisor of |x1| and |x2|; 0 of two zeros.
Tensor gcd(const Tensor& x1, const Tensor& x2);
/// Least common multiple of |x1| and |x2|; 0 where one is 0. It wraps around beyond the dtype.
Tensor lcm(const Tensor& x1, const Tensor& x2);

}  // namespace lamina
