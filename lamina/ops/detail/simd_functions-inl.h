// The functions of vectors that instructions and chains share. Included once per instruction set by
// foreach_target.
#if defined(LAMINA_OPS_DETAIL_SIMD_FUNCTIONS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_SIMD_FUNCTIONS_INL_H
#undef LAMINA_OPS_DETAIL_SIMD_FUNCTIONS_INL_H
#else
#define LAMINA_OPS_DETAIL_SIMD_FUNCTIONS_INL_H
#endif

#include <hwy/highway.h>

#include "lamina/ops/detail/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#define LAMINA_FUNCTION1(Name, expression)    \
  struct Name {                               \
    template <class D, class V = hn::Vec<D>>  \
    HWY_INLINE V operator()(D d, V x) const { \
      (void)d;                                \
      return expression;                      \
    }                                         \
  }
#define LAMINA_FUNCTION2(Name, expression)       \
  struct Name {                                  \
    template <class D, class V = hn::Vec<D>>     \
    HWY_INLINE V operator()(D, V a, V b) const { \
      return expression;                         \
    }                                            \
  }

LAMINA_FUNCTION1(Negative, hn::Neg(x));
LAMINA_FUNCTION1(Abs, hn::Abs(x));
// NaN and zero stay as they are.
LAMINA_FUNCTION1(Sign, hn::IfThenElse(hn::Gt(hn::Abs(x), hn::Zero(d)), hn::CopySign(hn::Set(d, 1), x), x));
LAMINA_FUNCTION1(Square, hn::Mul(x, x));
LAMINA_FUNCTION1(Reciprocal, hn::Div(hn::Set(d, 1), x));
LAMINA_FUNCTION1(Sqrt, hn::Sqrt(x));
LAMINA_FUNCTION1(Rsqrt, hn::Div(hn::Set(d, 1), hn::Sqrt(x)));
LAMINA_FUNCTION1(Relu, hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), x));  // NaN passes
LAMINA_FUNCTION1(Floor, hn::Floor(x));
LAMINA_FUNCTION1(Ceil, hn::Ceil(x));
LAMINA_FUNCTION1(Round, hn::Round(x));
LAMINA_FUNCTION1(Exp, exp(d, x));
LAMINA_FUNCTION1(Expm1, expm1(d, x));
LAMINA_FUNCTION1(Log, log(d, x));
LAMINA_FUNCTION1(Log1p, log1p(d, x));
LAMINA_FUNCTION1(Tanh, tanh(d, x));
LAMINA_FUNCTION1(Sigmoid, sigmoid(d, x));
LAMINA_FUNCTION1(Erf, erf(d, x));

LAMINA_FUNCTION2(Add, hn::Add(a, b));
LAMINA_FUNCTION2(Subtract, hn::Sub(a, b));
LAMINA_FUNCTION2(Multiply, hn::Mul(a, b));
LAMINA_FUNCTION2(Divide, hn::Div(a, b));
// An operand that is NaN wins: b by the failing comparison, a by the second one.
LAMINA_FUNCTION2(Maximum, hn::IfThenElse(hn::Or(hn::Ge(a, b), hn::Not(hn::Eq(a, a))), a, b));
LAMINA_FUNCTION2(Minimum, hn::IfThenElse(hn::Or(hn::Le(a, b), hn::Not(hn::Eq(a, a))), a, b));
LAMINA_FUNCTION2(FloorDivide, hn::Floor(hn::Div(a, b)));
#undef LAMINA_FUNCTION1
#undef LAMINA_FUNCTION2

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
