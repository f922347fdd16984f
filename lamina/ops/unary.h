// Elementwise functions of one tensor. As NumPy and keras.ops; NaN and infinities follow IEEE 754.
//
// Common to all: the result has the shape of `x`. negative, abs, sign, square and relu keep the dtype, but
// turn bool into int32; round keeps integers; the predicates give bool; all others turn bool and integers
// into float32 first.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// -x. bool becomes int32.
Tensor negative(const Tensor& x);
/// |x|. Its gradient at 0 is 0. bool becomes int32.
Tensor abs(const Tensor& x);
/// -1, 0 or 1, and NaN for NaN; without gradient. bool becomes int32.
Tensor sign(const Tensor& x);
/// e to the power x.
Tensor exp(const Tensor& x);
/// exp(x) - 1, exact near 0.
Tensor expm1(const Tensor& x);
/// Natural logarithm: -inf at 0, NaN below.
Tensor log(const Tensor& x);
/// log(1 + x), exact near 0.
Tensor log1p(const Tensor& x);
/// Square root, NaN below 0.
Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x).
Tensor rsqrt(const Tensor& x);
/// x * x. bool becomes int32.
Tensor square(const Tensor& x);
/// 1 / x.
Tensor reciprocal(const Tensor& x);
/// Sine of x in radians.
Tensor sin(const Tensor& x);
/// Cosine of x in radians.
Tensor cos(const Tensor& x);
/// Tangent of x in radians.
Tensor tan(const Tensor& x);
/// Hyperbolic tangent.
Tensor tanh(const Tensor& x);
/// 1 / (1 + exp(-x)).
Tensor sigmoid(const Tensor& x);
/// max(x, 0). Its gradient at 0 is 0. bool becomes int32.
Tensor relu(const Tensor& x);
/// The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x.
Tensor erf(const Tensor& x);
/// Largest integral value that is not above x; without gradient.
Tensor floor(const Tensor& x);
/// Smallest integral value that is not below x; without gradient.
Tensor ceil(const Tensor& x);
/// Nearest integral value, halves to the even one; without gradient. Integers stay as they are.
Tensor round(const Tensor& x);
/// Whether x is NaN; bool.
Tensor isnan(const Tensor& x);
/// Whether x is neither NaN nor infinite; bool.
Tensor isfinite(const Tensor& x);
/// Whether x is infinite; bool.
Tensor isinf(const Tensor& x);
namespace ops {  // std::logical_not is a class
/// Whether x equals zero; bool.
Tensor logical_not(const Tensor& x);
}  // namespace ops
inline Tensor operator!(const Tensor& x) { return ops::logical_not(x); }

}  // namespace lamina
