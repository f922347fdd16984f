// Elementwise comparisons and logic, and the operators == != > >= < <= && ||. Results are bool; shapes
// broadcast by NumPy's rules. The arguments of a comparison are first brought to one dtype; any comparison
// with NaN but not_equal is false. No gradient flows through them.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// a == b
Tensor equal(const Tensor& a, const Tensor& b);
/// a != b
Tensor not_equal(const Tensor& a, const Tensor& b);

/// With a plain number, which takes a dtype as in lamina/ops/binary.h.
Tensor equal(const Tensor& a, double b);
Tensor not_equal(const Tensor& a, double b);

namespace ops {  // std has classes of these names

/// a > b
Tensor greater(const Tensor& a, const Tensor& b);
/// a >= b
Tensor greater_equal(const Tensor& a, const Tensor& b);
/// a < b
Tensor less(const Tensor& a, const Tensor& b);
/// a <= b
Tensor less_equal(const Tensor& a, const Tensor& b);
/// Whether both differ from zero.
Tensor logical_and(const Tensor& a, const Tensor& b);
/// Whether one of them differs from zero.
Tensor logical_or(const Tensor& a, const Tensor& b);

/// With a plain number, as above.
Tensor greater(const Tensor& a, double b);
Tensor greater_equal(const Tensor& a, double b);
Tensor less(const Tensor& a, double b);
Tensor less_equal(const Tensor& a, double b);

}  // namespace ops

inline Tensor operator==(const Tensor& a, const Tensor& b) { return equal(a, b); }
inline Tensor operator!=(const Tensor& a, const Tensor& b) { return not_equal(a, b); }
inline Tensor operator>(const Tensor& a, const Tensor& b) { return ops::greater(a, b); }
inline Tensor operator>=(const Tensor& a, const Tensor& b) { return ops::greater_equal(a, b); }
inline Tensor operator<(const Tensor& a, const Tensor& b) { return ops::less(a, b); }
inline Tensor operator<=(const Tensor& a, const Tensor& b) { return ops::less_equal(a, b); }
inline Tensor operator==(const Tensor& a, double b) { return equal(a, b); }
inline Tensor operator!=(const Tensor& a, double b) { return not_equal(a, b); }
inline Tensor operator>(const Tensor& a, double b) { return ops::greater(a, b); }
inline Tensor operator>=(const Tensor& a, double b) { return ops::greater_equal(a, b); }
inline Tensor operator<(const Tensor& a, double b) { return ops::less(a, b); }
inline Tensor operator<=(const Tensor& a, double b) { return ops::less_equal(a, b); }
inline Tensor operator==(double a, const Tensor& b) { return equal(b, a); }
inline Tensor operator!=(double a, const Tensor& b) { return not_equal(b, a); }
inline Tensor operator>(double a, const Tensor& b) { return ops::less(b, a); }
inline Tensor operator>=(double a, const Tensor& b) { return ops::less_equal(b, a); }
inline Tensor operator<(double a, const Tensor& b) { return ops::greater(b, a); }
inline Tensor operator<=(double a, const Tensor& b) { return ops::greater_equal(b, a); }
/// Element by element; both sides are evaluated.
inline Tensor operator&&(const Tensor& a, const Tensor& b) { return ops::logical_and(a, b); }
inline Tensor operator||(const Tensor& a, const Tensor& b) { return ops::logical_or(a, b); }

}  // namespace lamina
