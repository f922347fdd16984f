// Elementary functions of float32 vectors, one or two units in the last place off, correct for NaN and
// infinities. Included once per instruction set by Highway's foreach_target. Polynomials: minimax fits of
// relative error below 1e-8 on the stated intervals, by iteratively reweighted least squares on Chebyshev
// nodes (tools/fit/simd_math.py).
#if defined(LAMINA_OPS_DETAIL_SIMD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_SIMD_MATH_INL_H
#undef LAMINA_OPS_DETAIL_SIMD_MATH_INL_H
#else
#define LAMINA_OPS_DETAIL_SIMD_MATH_INL_H
#endif

#include <cmath>
#include <limits>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// ln 2 in two parts, of which the first has trailing zeros, so that small multiples of it are exact.
constexpr float kLn2High = 0.693359375f;
constexpr float kLn2Low = -2.12194440e-4f;

template <class D, class V>
HWY_INLINE V polynomial(D, V, V sum) {
  return sum;
}
/// Horner's scheme from `sum` on: the highest coefficient first.
template <class D, class V, class... Rest>
HWY_INLINE V polynomial(D d, V x, V sum, float next, Rest... rest) {
  return polynomial(d, x, hn::MulAdd(sum, x, hn::Set(d, next)), rest...);
}

/// expm1(r) for |r| <= ln(2) / 2.
template <class D, class V>
HWY_INLINE V expm1_reduced(D d, V r) {
  const V p =
      polynomial(d, r, hn::Set(d, 0.00138142193f), 0.00836889911f, 0.0416684076f, 0.166665196f, 0.49999994f);
  return hn::MulAdd(hn::Mul(r, r), p, r);
}

/// 2 to the power n, for whole -126 <= n <= 127.
template <class D, class VI>
HWY_INLINE hn::Vec<D> power_of_two(D d, VI n) {
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
}

/// x = n ln 2 + r.
template <class D, class V>
HWY_INLINE V reduce_exp(D d, V x, V& n) {
  n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  return hn::NegMulAdd(n, hn::Set(d, kLn2Low), hn::NegMulAdd(n, hn::Set(d, kLn2High), x));
}

template <class D, class V>
HWY_INLINE V exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V inside = hn::Min(hn::Max(x, hn::Set(d, -104.0f)), hn::Set(d, 89.0f));
  V n;
  const V r = reduce_exp(d, inside, n);
  const V fraction = hn::Add(expm1_reduced(d, r), hn::Set(d, 1.0f));
  // In two factors, as 2^n alone may overflow, or be subnormal, where the product is not.
  const auto whole = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(whole);
  const V result = hn::Mul(hn::Mul(fraction, power_of_two(d, half)), power_of_two(d, hn::Sub(whole, half)));
  return hn::IfThenElse(hn::Eq(x, x), result, x);
}

template <class D, class V>
HWY_INLINE V expm1(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V half = hn::Set(d, 0.5f);
  const V inside = hn::Min(hn::Max(x, hn::Set(d, -20.0f)), hn::Set(d, 89.0f));
  V n;
  const V r = reduce_exp(d, inside, n);
  const V p = expm1_reduced(d, r);
  const V scale = power_of_two(d, hn::Sub(hn::ConvertTo(di, n), hn::Set(di, 1)));  // 2^n / 2 cannot overflow
  const V halved = hn::MulAdd(scale, p, hn::Sub(scale, half));
  // For n = 0 the sum above is p / 2 exactly; x itself keeps -0.
  const V result = hn::Add(halved, halved);
  return hn::IfThenElse(hn::And(hn::Eq(x, x), hn::Ne(x, hn::Zero(d))), result, x);
}

/// log(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2), plus n ln 2.
template <class D, class V>
HWY_INLINE V log_reduced(D d, V f, V n) {
  const V q = polynomial(d, f, hn::Set(d, 0.0674830824f), -0.116778769f, 0.118886456f, -0.124052793f,
                         0.14219451f, -0.166680083f, 0.200021237f, -0.250000089f, 0.333333135f);
  const V square = hn::Mul(f, f);
  V sum = hn::MulAdd(hn::Mul(square, f), q, hn::Mul(n, hn::Set(d, kLn2Low)));
  sum = hn::NegMulAdd(hn::Set(d, 0.5f), square, sum);
  return hn::MulAdd(n, hn::Set(d, kLn2High), hn::Add(f, sum));
}

template <class D, class V>
HWY_INLINE V log(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const auto subnormal = hn::Lt(x, hn::Set(d, 1.17549435e-38f));
  const V scaled = hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 8388608.0f)), x);  // 2^23
  // The bits above those of sqrt(1/2), so that the fraction falls into [sqrt(1/2), sqrt(2)).
  const auto bits = hn::Sub(hn::BitCast(di, scaled), hn::Set(di, 0x3f3504f3));
  const V n =
      hn::Sub(hn::ConvertTo(d, hn::ShiftRight<23>(bits)), hn::IfThenElseZero(subnormal, hn::Set(d, 23.0f)));
  const auto fraction = hn::Add(hn::And(bits, hn::Set(di, 0x007fffff)), hn::Set(di, 0x3f3504f3));
  const V result = log_reduced(d, hn::Sub(hn::BitCast(d, fraction), hn::Set(d, 1.0f)), n);
  const V special = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity),
                                   hn::IfThenElse(hn::Eq(x, infinity), x, hn::Set(d, std::nanf(""))));
  return hn::IfThenElse(hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, infinity)), result, special);
}

template <class D, class V>
HWY_INLINE V log1p(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V u = hn::Add(one, x);
  // What rounding took from 1 + x, to first order. Tiny x, -0 among them, stay as they are.
  const V lost = hn::Div(hn::Sub(x, hn::Sub(u, one)), u);
  const V result = log(d, u);
  const auto finite =
      hn::And(hn::Gt(u, hn::Zero(d)), hn::Lt(u, hn::Set(d, std::numeric_limits<float>::infinity())));
  const V corrected = hn::IfThenElse(finite, hn::Add(result, lost), result);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 1e-8f)), x, corrected);
}

template <class D, class V>
HWY_INLINE V tanh(D d, V x) {
  const V a = hn::Min(hn::Abs(x), hn::Set(d, 10.0f));
  const V t = expm1(d, hn::Add(a, a));
  const V result = hn::CopySign(hn::Div(t, hn::Add(t, hn::Set(d, 2.0f))), x);
  return hn::IfThenElse(hn::Eq(x, x), result, x);
}

template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exp(d, hn::Neg(x))));
}

template <class D, class V>
HWY_INLINE V erf(D d, V x) {
  const V a = hn::Min(hn::Abs(x), hn::Set(d, 4.0f));  // erf(4) is 1 in float32
  const V square = hn::Mul(a, a);
  // |x| < 0.93: x + x P(x^2).
  const V near = polynomial(d, square, hn::Set(d, 8.18523185e-05f), -0.000809774443f, 0.00519695692f,
                            -0.0268577076f, 0.112836644f, -0.376126319f, 0.128379166f);
  // Beyond: 1 - exp(|x| P(|x|)).
  const V far = polynomial(d, a, hn::Set(d, -1.04331148e-05f), 0.000314858102f, -0.00361034204f,
                           0.0236945655f, -0.106159046f, -0.635198057f, -1.12863708f);
  const V tail = hn::Sub(hn::Set(d, 1.0f), exp(d, hn::Mul(a, far)));
  const V result = hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.93f)), hn::MulAdd(a, near, a), tail);
  return hn::IfThenElse(hn::Eq(x, x), hn::CopySign(result, x), x);
}

/// sin(x) with phase 0, cos(x) with phase 1, for |x| <= 8192.
template <class D, class V>
HWY_INLINE V sine(D d, V x, int phase) {
  const hn::RebindToSigned<D> di;
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 0.636619772f)));
  // pi / 2 in three parts, of which the first two have trailing zeros (Cody and Waite's reduction).
  V r = hn::NegMulAdd(n, hn::Set(d, 1.5703125f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 4.8375129699707031e-4f), r);
  r = hn::NegMulAdd(n, hn::Set(d, 7.549790126e-8f), r);
  const V square = hn::Mul(r, r);
  const V s =
      polynomial(d, square, hn::Set(d, 2.71823728e-06f), -0.000198393274f, 0.00833332911f, -0.166666672f);
  const V c =
      polynomial(d, square, hn::Set(d, -2.72095463e-07f), 2.47995122e-05f, -0.00138888834f, 0.0416666679f);
  const V sin = hn::MulAdd(hn::Mul(square, r), s, r);
  const V cos =
      hn::MulAdd(hn::Mul(square, square), c, hn::NegMulAdd(hn::Set(d, 0.5f), square, hn::Set(d, 1.0f)));
  const auto quadrant = hn::Add(hn::ConvertTo(di, n), hn::Set(di, phase));
  const auto odd = hn::MaskFromVec(hn::BitCast(d, hn::Neg(hn::And(quadrant, hn::Set(di, 1)))));
  const auto sign = hn::ShiftLeft<30>(hn::And(quadrant, hn::Set(di, 2)));
  return hn::Xor(hn::IfThenElse(odd, cos, sin), hn::BitCast(d, sign));
}

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
