// Elementwise arithmetic of two tensors, and the operators + - * /.
//
// Common to all: shapes broadcast by NumPy's rules, InvalidArgument names both when they do not fit. The
// arguments are first brought to one dtype (lamina/base/dtype.h, promote; two bools become int32), which is
// the result's unless stated otherwise. A plain number takes the dtype of the tensor it meets when that is
// floating, or integral with the number in its range. A whole number beyond it counts as int32, or int64 if
// need be (uint8 - 300 gives int32); any other number turns bool and integers into float32.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// a + b
Tensor add(const Tensor& a, const Tensor& b);
/// a - b
Tensor subtract(const Tensor& a, const Tensor& b);
/// a * b
Tensor multiply(const Tensor& a, const Tensor& b);
/// a / b; integers are divided as float32.
Tensor divide(const Tensor& a, const Tensor& b);
/// a to the power b. Integers: exact modulo the dtype's range; a negative exponent throws InvalidArgument, as
/// in NumPy and TensorFlow, at the call for a plain number and when it is computed for a tensor (on the CPU).
/// The gradient with respect to b is 0 where a <= 0, as in TensorFlow.
Tensor power(const Tensor& a, const Tensor& b);
/// The larger one; NaN if either is. Where both are equal, the gradient goes to a, as in TensorFlow.
Tensor maximum(const Tensor& a, const Tensor& b);
/// The smaller one; NaN if either is. Where both are equal, the gradient goes to a, as in TensorFlow.
Tensor minimum(const Tensor& a, const Tensor& b);
/// a - floor(a / b) * b: the remainder with the sign of b, as Python's %. Integers: 0 where b is 0.
Tensor mod(const Tensor& a, const Tensor& b);
/// floor(a / b), without gradient. Integers: 0 where b is 0.
Tensor floor_divide(const Tensor& a, const Tensor& b);

Tensor add(const Tensor& a, double b);
Tensor subtract(const Tensor& a, double b);
Tensor subtract(double a, const Tensor& b);
Tensor multiply(const Tensor& a, double b);
Tensor divide(const Tensor& a, double b);
Tensor divide(double a, const Tensor& b);
Tensor power(const Tensor& a, double b);
Tensor maximum(const Tensor& a, double b);
Tensor minimum(const Tensor& a, double b);
Tensor mod(const Tensor& a, double b);
Tensor floor_divide(const Tensor& a, double b);

/// x limited to [lo, hi]: maximum(minimum(x, hi), lo). The gradient passes where lo <= x <= hi.
Tensor clip(const Tensor& x, double lo, double hi);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return subtract(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return multiply(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return divide(a, b); }
inline Tensor operator+(const Tensor& a, double b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, double b) { return subtract(a, b); }
inline Tensor operator*(const Tensor& a, double b) { return multiply(a, b); }
inline Tensor operator/(const Tensor& a, double b) { return divide(a, b); }
inline Tensor operator+(double a, const Tensor& b) { return add(b, a); }
inline Tensor operator-(double a, const Tensor& b) { return subtract(a, b); }
inline Tensor operator*(double a, const Tensor& b) { return multiply(b, a); }
inline Tensor operator/(double a, const Tensor& b) { return divide(a, b); }
Tensor operator-(const Tensor& x);

}  // namespace lamina
