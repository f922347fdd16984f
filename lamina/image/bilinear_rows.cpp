// Bilinear blending: along rows the three colours of a pixel at a time, between rows as many numbers as there
// are lanes.
#include "lamina/image/detail/bilinear_rows.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/image/bilinear_rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class V>
HWY_INLINE V between(V a, V b, V distance) {
  return hn::Add(a, hn::Mul(hn::Sub(b, a), distance));
}

#if HWY_TARGET == HWY_SCALAR
void WidenRow(const uint8_t* from, const BilinearColumns& columns, float* to) {
  for (size_t x = 0; x < columns.count; ++x) {
    for (size_t c = 0; c < 3; ++c) {
      const float a = from[static_cast<size_t>(columns.left[x]) + c];
      const float b = from[static_cast<size_t>(columns.right[x]) + c];
      to[3 * x + c] = a + (b - a) * columns.across[x];
    }
  }
}
#else
using Four = hn::CappedTag<float, 4>;
using FourBytes = hn::Rebind<uint8_t, Four>;
using FourIntegers = hn::Rebind<int32_t, Four>;

// Three colours, and what comes behind them.
HWY_INLINE hn::Vec<Four> pixel(const uint8_t* from) {
  return hn::ConvertTo(Four(), hn::PromoteTo(FourIntegers(), hn::LoadU(FourBytes(), from)));
}

void WidenRow(const uint8_t* from, const BilinearColumns& columns, float* HWY_RESTRICT to) {
  if (columns.count == 0) return;
  const int32_t* HWY_RESTRICT left = columns.left;
  const int32_t* HWY_RESTRICT right = columns.right;
  const float* HWY_RESTRICT across = columns.across;
  const auto widened = [&](size_t x) HWY_ATTR {
    return between(pixel(from + left[x]), pixel(from + right[x]), hn::Set(Four(), across[x]));
  };
  // Four numbers at a time, of which the next pixel overwrites the last.
  const size_t last = columns.count - 1;
  for (size_t x = 0; x < last; ++x, to += 3) hn::StoreU(widened(x), Four(), to);
  HWY_ALIGN float end[4];
  hn::Store(widened(last), Four(), end);
  for (size_t c = 0; c < 3; ++c) to[c] = end[c];
}
#endif

void BlendTwoRows(const float* top, const float* bottom, float down, size_t size, float* to) {
  const hn::ScalableTag<float> d;
  const auto distance = hn::Set(d, down);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d))
    hn::StoreU(between(hn::LoadU(d, top + i), hn::LoadU(d, bottom + i), distance), d, to + i);
  for (; i < size; ++i) to[i] = top[i] + (bottom[i] - top[i]) * down;
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(WidenRow);
HWY_EXPORT(BlendTwoRows);

void widen_row(const uint8_t* from, const BilinearColumns& columns, float* to) {
  HWY_DYNAMIC_DISPATCH(WidenRow)(from, columns, to);
}
void blend_two_rows(const float* top, const float* bottom, float down, size_t size, float* to) {
  HWY_DYNAMIC_DISPATCH(BlendTwoRows)(top, bottom, down, size, to);
}

}  // namespace lamina::detail
#endif
