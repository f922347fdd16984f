// Normalisation of rows: each is read a few times while it lies in cache.
#include "lamina/ops/detail/norm_rows.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/norm_rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <cmath>

#include <hwy/highway.h>
#include "lamina/ops/detail/gate_functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// f(i, access, lanes in use) for each vector: 1 where an element is, 0 behind the last one.
template <class F>
HWY_INLINE void for_masked_vectors(int64_t n, F&& f) {
  const Floats d;
  const FloatVector one = hn::Set(d, 1.0f);
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const FloatVector tail = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n % lanes)), one);
  for_vectors(n, [&](int64_t i, auto access) HWY_ATTR { f(i, access, i + lanes <= n ? one : tail); });
}

struct Moments {
  FloatVector mean, inverse;
};

HWY_INLINE Moments moments(const RowNorm& norm, const float* x) {
  const Floats d;
  const float share = 1.0f / static_cast<float>(norm.n);
  FloatVector mean = hn::Zero(d);
  if (norm.center) {
    FloatVector sum = hn::Zero(d);
    for_vectors(norm.n, [&](int64_t i, auto access) HWY_ATTR { sum = hn::Add(sum, access.load(x + i)); });
    mean = hn::Mul(hn::SumOfLanes(d, sum), hn::Set(d, share));
  }
  FloatVector squares = hn::Zero(d);
  for_masked_vectors(norm.n, [&](int64_t i, auto access, FloatVector used) HWY_ATTR {
    const FloatVector moved = hn::Mul(hn::Sub(access.load(x + i), mean), used);
    squares = hn::MulAdd(moved, moved, squares);
  });
  const float variance = hn::GetLane(hn::SumOfLanes(d, squares)) * share;
  return {mean, hn::Set(d, 1.0f / std::sqrt(variance + norm.epsilon))};
}

void NormalizeRow(const RowNorm& norm, const float* x, float* y) {
  const Moments m = moments(norm, x);
  for_vectors(norm.n, [&](int64_t i, auto access) HWY_ATTR {
    FloatVector v = hn::Mul(hn::Sub(access.load(x + i), m.mean), m.inverse);
    if (norm.gamma) v = hn::Mul(v, access.load(norm.gamma + i));
    if (norm.beta) v = hn::Add(v, access.load(norm.beta + i));
    access.store(v, y + i);
  });
}

void NormalizeGradRow(const RowNorm& norm, const float* x, const float* dy, float* dx, float* dgamma,
                      float* dbeta) {
  const Floats d;
  const Moments m = moments(norm, x);
  const auto scaled = [&](FloatVector g, int64_t i, auto access)
                          HWY_ATTR { return norm.gamma ? hn::Mul(g, access.load(norm.gamma + i)) : g; };
  FloatVector sum = hn::Zero(d), along = hn::Zero(d);
  for_vectors(norm.n, [&](int64_t i, auto access) HWY_ATTR {
    const FloatVector to = access.load(dy + i);
    const FloatVector v = hn::Mul(hn::Sub(access.load(x + i), m.mean), m.inverse);
    access.store(hn::MulAdd(to, v, access.load(dgamma + i)), dgamma + i);
    access.store(hn::Add(to, access.load(dbeta + i)), dbeta + i);
    const FloatVector g = scaled(to, i, access);
    sum = hn::Add(sum, g);
    along = hn::MulAdd(g, v, along);
  });
  const FloatVector share = hn::Set(d, 1.0f / static_cast<float>(norm.n));
  const FloatVector shift = norm.center ? hn::Mul(hn::SumOfLanes(d, sum), share) : hn::Zero(d);
  const FloatVector slope = hn::Mul(hn::SumOfLanes(d, along), share);
  for_vectors(norm.n, [&](int64_t i, auto access) HWY_ATTR {
    const FloatVector v = hn::Mul(hn::Sub(access.load(x + i), m.mean), m.inverse);
    const FloatVector g = hn::Sub(scaled(access.load(dy + i), i, access), shift);
    access.store(hn::Mul(hn::NegMulAdd(v, slope, g), m.inverse), dx + i);
  });
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(NormalizeRow);
HWY_EXPORT(NormalizeGradRow);

void normalize_row(const RowNorm& norm, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(NormalizeRow)(norm, x, y);
}
void normalize_grad_row(const RowNorm& norm, const float* x, const float* dy, float* dx, float* dgamma,
                        float* dbeta) {
  HWY_DYNAMIC_DISPATCH(NormalizeGradRow)(norm, x, dy, dx, dgamma, dbeta);
}

}  // namespace lamina::detail
#endif
