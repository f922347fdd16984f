// Vectors of two to four channels are woven by the shuffles that the instruction set has.
#include "lamina/ops/detail/interleave.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/interleave.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <int channels, class D>
HWY_INLINE void weave(D d, const float* from, int64_t apart, float* to) {
  const auto of = [&](int c) HWY_ATTR { return hn::LoadU(d, from + c * apart); };
  if constexpr (channels == 2) hn::StoreInterleaved2(of(0), of(1), d, to);
  if constexpr (channels == 3) hn::StoreInterleaved3(of(0), of(1), of(2), d, to);
  if constexpr (channels == 4) hn::StoreInterleaved4(of(0), of(1), of(2), of(3), d, to);
}

template <int channels>
void weave_all(const float* from, int64_t apart, int64_t count, float* to) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (count >= lanes) {
    // The last vectors lie over the ones before where they do not fill the line.
    for (int64_t i = 0; i < count; i += lanes) {
      const int64_t at = std::min(i, count - lanes);
      weave<channels>(d, from + at, apart, to + at * channels);
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t c = 0; c < channels; ++c) to[i * channels + c] = from[c * apart + i];
  }
}

void Interleave(const float* from, int64_t apart, int64_t channels, int64_t count, float* to) {
  if (channels == 2) return weave_all<2>(from, apart, count, to);
  if (channels == 3) return weave_all<3>(from, apart, count, to);
  weave_all<4>(from, apart, count, to);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Interleave);

void interleave(const float* from, int64_t apart, int64_t channels, int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(Interleave)(from, apart, channels, count, to);
}

}  // namespace lamina::detail
#endif
