// Inverse and hyperbolic functions. As NumPy and keras.ops: angles are in radians, NaN stands where a
// function has no value, bool and integers become float32, and shapes broadcast by NumPy's rules.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// The angle from -pi / 2 to pi / 2 whose sine is x; NaN outside of [-1, 1].
Tensor arcsin(const Tensor& x);
/// The angle from 0 to pi whose cosine is x; NaN outside of [-1, 1].
Tensor arccos(const Tensor& x);
/// The angle between -pi / 2 and pi / 2 whose tangent is x.
Tensor arctan(const Tensor& x);
/// The angle from -pi to pi of the point (x2, x1), by the signs of both. Without a gradient (NaN) at (0, 0).
Tensor arctan2(const Tensor& x1, const Tensor& x2);
/// Hyperbolic sine.
Tensor sinh(const Tensor& x);
/// Hyperbolic cosine.
Tensor cosh(const Tensor& x);
/// Inverse of sinh.
Tensor arcsinh(const Tensor& x);
/// Inverse of cosh, not negative; NaN below 1.
Tensor arccosh(const Tensor& x);
/// Inverse of tanh: infinite at -1 and 1, NaN beyond.
Tensor arctanh(const Tensor& x);

}  // namespace lamina
