// One multiplication each, so that vectors of any length give the same bits.
#include "lamina/ops/detail/dequantized_rows.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/dequantized_rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

void Rows(const int8_t* from, const float* scales, int64_t rows, int64_t width, int64_t from_step,
          int64_t scale_step, float* to) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<int32_t, decltype(d)> wide;
  const hn::Rebind<int8_t, decltype(d)> narrow;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < rows; ++i) {
    const int8_t* const row = from + i * from_step;
    const float scale = scales[i * scale_step];
    const auto scales_of_row = hn::Set(d, scale);
    int64_t j = 0;
    for (; j + lanes <= width; j += lanes) {
      const auto numbers = hn::ConvertTo(d, hn::PromoteTo(wide, hn::LoadU(narrow, row + j)));
      hn::StoreU(hn::Mul(numbers, scales_of_row), d, to + j);
    }
    for (; j < width; ++j) to[j] = static_cast<float>(row[j]) * scale;
    to += width;
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Rows);

void dequantized_rows(const int8_t* from, const float* scales, int64_t rows, int64_t width, int64_t from_step,
                      int64_t scale_step, float* to) {
  HWY_DYNAMIC_DISPATCH(Rows)(from, scales, rows, width, from_step, scale_step, to);
}

}  // namespace lamina::detail
#endif
