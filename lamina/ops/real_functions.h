// Elementwise functions of numbers that other ops make up, of one tensor and of two. As NumPy and keras.ops.
//
// Common to all: two tensors broadcast, and are brought to one dtype first; where nothing else is said, bool
// and integers become float32, or float64 of int64 where NumPy's function of the name has it so.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// Logarithms to the bases 2 and 10: -inf at 0, NaN below.
Tensor log2(const Tensor& x);
Tensor log10(const Tensor& x);
/// 2 to the power x.
Tensor exp2(const Tensor& x);
/// Cube root, of negative numbers, too.
Tensor cbrt(const Tensor& x);
/// Radians of degrees.
Tensor deg2rad(const Tensor& x);
/// Degrees of radians.
Tensor rad2deg(const Tensor& x);
/// x without what stands behind its point; without gradient. Integers stay as they are.
Tensor trunc(const Tensor& x);
/// x rounded to so many places behind the point, halves to the even one; before it, of a negative number.
/// Without gradient; x's dtype.
Tensor round(const Tensor& x, int64_t decimals);
/// sin(pi x) / (pi x), and 1 at 0.
Tensor sinc(const Tensor& x);
/// Whether x is below 0, or -0; bool. The sign of a NaN is not told.
Tensor signbit(const Tensor& x);
/// Whether x is the infinity of that sign; bool.
Tensor isposinf(const Tensor& x);
Tensor isneginf(const Tensor& x);
/// x with a number in place of each NaN and of each infinity; nothing is the largest number of the dtype.
/// Integers stay as they are.
Tensor nan_to_num(const Tensor& x, double nan = 0.0, std::optional<double> posinf = std::nullopt,
                  std::optional<double> neginf = std::nullopt);
/// What lies outside of the dtype's range becomes the nearest number within.
Tensor saturate_cast(const Tensor& x, DType dtype);

/// sqrt(x1^2 + x2^2), without overflow.
Tensor hypot(const Tensor& x1, const Tensor& x2);
/// log(exp(x1) + exp(x2)), without overflow.
Tensor logaddexp(const Tensor& x1, const Tensor& x2);
/// log2(2^x1 + 2^x2), without overflow.
Tensor logaddexp2(const Tensor& x1, const Tensor& x2);
/// x1 / x2, and 0 where x2 is 0.
Tensor divide_no_nan(const Tensor& x1, const Tensor& x2);
/// 0 where x1 is below 0, 1 above, and x2 at 0.
Tensor heaviside(const Tensor& x1, const Tensor& x2);
/// x1 2^x2. Throws InvalidArgument where x2 is not of an integer dtype.
Tensor ldexp(const Tensor& x1, const Tensor& x2);
/// The larger or smaller of two; the other one where one is NaN. The dtype that both promote to, bool becomes
/// int32.
Tensor fmax(const Tensor& x1, const Tensor& x2);
Tensor fmin(const Tensor& x1, const Tensor& x2);
/// The remainder of x1 / x2 with the sign of x1; mod has that of x2. The dtype that both promote to, bool
/// becomes int32.
Tensor fmod(const Tensor& x1, const Tensor& x2);

/// Whether one of two, but not both, differs from zero; bool.
Tensor logical_xor(const Tensor& x1, const Tensor& x2);
/// Whether |x1 - x2| <= atol + rtol |x2|; bool. Integers must be equal. By that formula, and in Keras with
/// TensorFlow, all that is finite is close to an infinite x2, and an infinity is not close to itself.
/// @param equal_nan  whether two NaNs are.
Tensor isclose(const Tensor& x1, const Tensor& x2, double rtol = 1e-05, double atol = 1e-08,
               bool equal_nan = false);
/// Whether isclose holds everywhere: one bool.
Tensor allclose(const Tensor& x1, const Tensor& x2, double rtol = 1e-05, double atol = 1e-08,
                bool equal_nan = false);
/// Whether each element of x1 is one of x2; bool, in x1's shape.
/// @param invert  whether it is none of them.
Tensor isin(const Tensor& x1, const Tensor& x2, bool invert = false);

}  // namespace lamina
