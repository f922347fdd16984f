// The activations of recurrent kernels on vectors, and loops over the units of a row. Included once per
// instruction set by Highway's foreach_target.
#if defined(LAMINA_OPS_DETAIL_GATE_FUNCTIONS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_GATE_FUNCTIONS_INL_H
#undef LAMINA_OPS_DETAIL_GATE_FUNCTIONS_INL_H
#else
#define LAMINA_OPS_DETAIL_GATE_FUNCTIONS_INL_H
#endif

#include <cstring>

#include <hwy/highway.h>

#include "lamina/ops/detail/gate_function.h"
#include "lamina/ops/detail/simd_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using FloatVector = hn::Vec<Floats>;

/// Whole vectors at `i` of a row in memory.
struct WholeVector {
  HWY_INLINE FloatVector load(const float* from) const { return hn::LoadU(Floats(), from); }
  HWY_INLINE void store(FloatVector v, float* to) const { hn::StoreU(v, Floats(), to); }
};

/// The last elements of a row, fewer than a vector holds. Loads zeros for the others.
struct PartOfVector {
  size_t bytes;
  HWY_INLINE FloatVector load(const float* from) const {
    HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)] = {};
    std::memcpy(lanes, from, bytes);
    return hn::Load(Floats(), lanes);
  }
  HWY_INLINE void store(FloatVector v, float* to) const {
    HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(v, Floats(), lanes);
    std::memcpy(to, lanes, bytes);
  }
};

/// f(i, access) for each vector of n floats, where access loads from and stores to rows of n floats. Rows
/// that are padded to whole vectors may be read and written by WholeVector throughout.
template <class F>
HWY_INLINE void for_vectors(int64_t n, F&& f) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Floats()));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, WholeVector{});
  if (i < n) f(i, PartOfVector{static_cast<size_t>(n - i) * sizeof(float)});
}

template <GateFunction function>
HWY_INLINE FloatVector activated(FloatVector x) {
  const Floats d;
  const FloatVector one = hn::Set(d, 1.0f);
  if constexpr (function == GateFunction::kTanh) return tanh(d, x);
  if constexpr (function == GateFunction::kSigmoid) return sigmoid(d, x);
  if constexpr (function == GateFunction::kHardSigmoid) {
    const FloatVector six = hn::Set(d, 6.0f);
    const FloatVector moved = hn::Add(x, hn::Set(d, 3.0f));
    const FloatVector inside = hn::Div(hn::Min(hn::Max(moved, hn::Zero(d)), six), six);
    return hn::IfThenElse(hn::Eq(x, x), inside, x);
  }
  if constexpr (function == GateFunction::kRelu) return hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), x);
  if constexpr (function == GateFunction::kElu) return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, expm1(d, x));
  if constexpr (function == GateFunction::kSoftsign) return hn::Div(x, hn::Add(hn::Abs(x), one));
  return x;
}

/// The slope of the function where its value is y.
template <GateFunction function>
HWY_INLINE FloatVector slope_at(FloatVector y) {
  const Floats d;
  const FloatVector one = hn::Set(d, 1.0f);
  if constexpr (function == GateFunction::kTanh) return hn::NegMulAdd(y, y, one);
  if constexpr (function == GateFunction::kSigmoid) return hn::NegMulAdd(y, y, y);
  if constexpr (function == GateFunction::kHardSigmoid) {
    return hn::IfThenElseZero(hn::And(hn::Gt(y, hn::Zero(d)), hn::Lt(y, one)), hn::Set(d, 1.0f / 6));
  }
  if constexpr (function == GateFunction::kRelu) return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), one);
  if constexpr (function == GateFunction::kElu) return hn::Add(hn::Min(y, hn::Zero(d)), one);
  if constexpr (function == GateFunction::kSoftsign) {
    const FloatVector rest = hn::Sub(one, hn::Abs(y));
    return hn::Mul(rest, rest);
  }
  return one;
}

/// Calls f with the function as a type: one branch for a whole row.
template <class F>
HWY_INLINE void with_function(GateFunction function, F&& f) {
#define LAMINA_CASE(kName)  \
  case GateFunction::kName: \
    return f(std::integral_constant<GateFunction, GateFunction::kName>{})
  switch (function) {
    LAMINA_CASE(kLinear);
    LAMINA_CASE(kTanh);
    LAMINA_CASE(kSigmoid);
    LAMINA_CASE(kHardSigmoid);
    LAMINA_CASE(kRelu);
    LAMINA_CASE(kElu);
    LAMINA_CASE(kSoftsign);
  }
#undef LAMINA_CASE
}

/// y = function(x) for n floats of rows padded to whole vectors; y may be x.
HWY_INLINE void activate_row(GateFunction function, const float* x, float* y, int64_t n) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Floats()));
  with_function(function, [&](auto kind) HWY_ATTR {
    for (int64_t i = 0; i < n; i += lanes) {
      hn::StoreU(activated<kind()>(hn::LoadU(Floats(), x + i)), Floats(), y + i);
    }
  });
}

/// d *= slope of the function where its value is y, likewise.
HWY_INLINE void times_slope(GateFunction function, const float* y, float* d, int64_t n) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Floats()));
  with_function(function, [&](auto kind) HWY_ATTR {
    for (int64_t i = 0; i < n; i += lanes) {
      const FloatVector s = slope_at<kind()>(hn::LoadU(Floats(), y + i));
      hn::StoreU(hn::Mul(hn::LoadU(Floats(), d + i), s), Floats(), d + i);
    }
  });
}

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
