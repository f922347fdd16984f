// Rows of softmax and cross-entropy in float32.
#include "lamina/ops/detail/softmax_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/softmax_rows.cpp"
#include "lamina/ops/detail/simd.h"
// After simd.h, which chooses the instruction sets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "lamina/ops/detail/simd_math-inl.h"

#include <cmath>
#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// A row shorter than a vector, through a buffer: masked loads may read past the end.
struct Short {
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];

  V load(const float* from, int64_t n, float rest) {
    hn::Store(hn::Set(D(), rest), D(), lanes);
    std::memcpy(lanes, from, static_cast<size_t>(n) * sizeof(float));
    return hn::Load(D(), lanes);
  }
  void store(V v, float* to, int64_t n) {
    hn::Store(v, D(), lanes);
    std::memcpy(to, lanes, static_cast<size_t>(n) * sizeof(float));
  }
};

/// Calls f(vectors..., store) along rows, where `store(v)` writes to `out`. The last call gets the last whole
/// vector of the row, in which what came before is replaced by `rest`. It is read before anything is written,
/// so that `out` may be one of `in`.
template <class F, class... In>
HWY_INLINE void along(int64_t n, float rest, float* out, F&& f, const In*... in) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(D()));
  if (n < lanes) {
    Short row;
    f(row.load(in, n, rest)..., [&](V v) { row.store(v, out, n); });
    return;
  }
  const int64_t left = n % lanes;
  const auto before = hn::FirstN(D(), static_cast<size_t>(lanes - left));
  const auto all = [&](auto... last) {
    for (int64_t i = 0; i + lanes <= n; i += lanes) {
      f(hn::LoadU(D(), in + i)..., [&](V v) { hn::StoreU(v, D(), out + i); });
    }
    if (left == 0) return;
    f(last..., [&](V v) {
      float* end = out + n - lanes;
      hn::StoreU(hn::IfThenElse(before, hn::LoadU(D(), end), v), D(), end);
    });
  };
  all(hn::IfThenElse(before, hn::Set(D(), rest), hn::LoadU(D(), in + n - lanes))...);
}

float total(V v) { return hn::GetLane(hn::SumOfLanes(D(), v)); }

float largest(const float* x, int64_t n) {
  V most = hn::Set(D(), -std::numeric_limits<float>::infinity());
  along(
      n, -std::numeric_limits<float>::infinity(), nullptr, [&](V v, auto&&) { most = hn::Max(most, v); }, x);
  return hn::GetLane(hn::MaxOfLanes(D(), most));
}

/// y = exp(x - most); returns the sum. Padding with -inf adds nothing to it.
float exponentials(const float* x, int64_t n, float most, float* y) {
  const V shift = hn::Set(D(), most);
  V sum = hn::Zero(D());
  along(
      n, -std::numeric_limits<float>::infinity(), y,
      [&](V v, auto&& store) {
        const V e = exp(D(), hn::Sub(v, shift));
        sum = hn::Add(sum, e);
        store(e);
      },
      x);
  return total(sum);
}

void scale(float* y, int64_t n, float factor) {
  const V by = hn::Set(D(), factor);
  along(
      n, 0, y, [&](V v, auto&& store) { store(hn::Mul(v, by)); }, y);
}

float row_log_sum(const float* x, int64_t n, float* y, float* most) {
  *most = largest(x, n);
  const float sum = exponentials(x, n, *most, y);
  scale(y, n, 1 / sum);
  return std::log(sum);
}

void row_log_softmax(const float* x, int64_t n, float* y) {
  const float most = largest(x, n);
  const V shift = hn::Set(D(), most);
  V sum = hn::Zero(D());
  along(
      n, -std::numeric_limits<float>::infinity(), nullptr,
      [&](V v, auto&&) { sum = hn::Add(sum, exp(D(), hn::Sub(v, shift))); }, x);
  const V log_sum = hn::Set(D(), std::log(total(sum)));
  along(
      n, 0, y, [&](V v, auto&& store) { store(hn::Sub(hn::Sub(v, shift), log_sum)); }, x);
}

void row_softmax_grad(const float* y, const float* dy, int64_t n, float* dx) {
  V dot = hn::Zero(D());
  along(
      n, 0, nullptr, [&](V a, V b, auto&&) { dot = hn::MulAdd(a, b, dot); }, y, dy);
  const V sum = hn::Set(D(), total(dot));
  along(
      n, 0, dx, [&](V a, V b, auto&& store) { store(hn::Mul(a, hn::Sub(b, sum))); }, y, dy);
}

float row_cross_entropy(const float* x, const float* target, int64_t n, float* y) {
  const float most = largest(x, n);
  const V shift = hn::Set(D(), most);
  V dot = hn::Zero(D()), weight = hn::Zero(D());
  along(
      n, 0, nullptr,
      [&](V v, V t, auto&&) {
        const V term = hn::Mul(t, hn::Sub(v, shift));
        dot = hn::Add(dot, hn::IfThenZeroElse(hn::Eq(t, hn::Zero(D())), term));
        weight = hn::Add(weight, t);
      },
      x, target);
  const float sum = exponentials(x, n, most, y);
  scale(y, n, 1 / sum);
  return total(weight) * std::log(sum) - total(dot);
}

void row_cross_entropy_grad(const float* y, const float* target, float dloss, int64_t n, float* dx) {
  V sum = hn::Zero(D());
  along(
      n, 0, nullptr, [&](V t, auto&&) { sum = hn::Add(sum, t); }, target);
  const V weight = hn::Set(D(), total(sum)), factor = hn::Set(D(), dloss);
  along(
      n, 0, dx, [&](V p, V t, auto&& store) { store(hn::Mul(hn::MulSub(p, weight, t), factor)); }, y, target);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {

HWY_EXPORT(row_log_sum);
HWY_EXPORT(row_log_softmax);
HWY_EXPORT(row_softmax_grad);
HWY_EXPORT(row_cross_entropy);
HWY_EXPORT(row_cross_entropy_grad);

float softmax_row_log_sum(const float* x, int64_t n, float* y, float* most) {
  return HWY_DYNAMIC_DISPATCH(row_log_sum)(x, n, y, most);
}

void softmax_row(const float* x, int64_t n, float* y) {
  float most;
  softmax_row_log_sum(x, n, y, &most);
}

void log_softmax_row(const float* x, int64_t n, float* y) { HWY_DYNAMIC_DISPATCH(row_log_softmax)(x, n, y); }

void softmax_grad_row(const float* y, const float* dy, int64_t n, float* dx) {
  HWY_DYNAMIC_DISPATCH(row_softmax_grad)(y, dy, n, dx);
}

float softmax_cross_entropy_row(const float* x, const float* target, int64_t n, float* y) {
  return HWY_DYNAMIC_DISPATCH(row_cross_entropy)(x, target, n, y);
}

void softmax_cross_entropy_grad_row(const float* y, const float* target, float dloss, int64_t n, float* dx) {
  HWY_DYNAMIC_DISPATCH(row_cross_entropy_grad)(y, target, dloss, n, dx);
}

}  // namespace lamina::detail
#endif  // HWY_ONCE
