// Rows are turned to columns in a buffer, a vector of rows at a time.
#include "lamina/ops/detail/short_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/short_rows.cpp"
#include "lamina/ops/detail/simd.h"
// After simd.h, which chooses the instruction sets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "lamina/ops/detail/simd_math-inl.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

void SoftmaxShortRows(const float* x, int64_t rows, int64_t n, float* y) {
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  HWY_ALIGN float columns[kShortRow * HWY_MAX_BYTES / sizeof(float)];
  for (int64_t begin = 0; begin < rows; begin += lanes, x += lanes * n, y += lanes * n) {
    // Of a last few rows, the last one stands for those that are missing.
    const int64_t count = std::min(lanes, rows - begin);
    for (int64_t i = 0; i < lanes; ++i) {
      const float* const row = x + std::min(i, count - 1) * n;
      for (int64_t j = 0; j < n; ++j) columns[j * lanes + i] = row[j];
    }
    V most = hn::Load(d, columns);
    for (int64_t j = 1; j < n; ++j) most = hn::Max(most, hn::Load(d, columns + j * lanes));
    V sum = hn::Zero(d);
    for (int64_t j = 0; j < n; ++j) {
      const V e = exp(d, hn::Sub(hn::Load(d, columns + j * lanes), most));
      hn::Store(e, d, columns + j * lanes);
      sum = hn::Add(sum, e);
    }
    const V factor = hn::Div(hn::Set(d, 1), sum);
    for (int64_t j = 0; j < n; ++j)
      hn::Store(hn::Mul(hn::Load(d, columns + j * lanes), factor), d, columns + j * lanes);
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t j = 0; j < n; ++j) y[i * n + j] = columns[j * lanes + i];
    }
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {

HWY_EXPORT(SoftmaxShortRows);

void softmax_short_rows(const float* x, int64_t rows, int64_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(SoftmaxShortRows)(x, rows, n, y);
}

}  // namespace lamina::detail
#endif  // HWY_ONCE
