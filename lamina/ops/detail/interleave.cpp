// Vectors of two to four channels are woven by looking up where each number comes from.
#include "lamina/ops/detail/interleave.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/interleave.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>

#include <hwy/highway.h>
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Where the numbers of the woven vectors come from: which channel's vector, and which place in it.
template <int channels, int lanes>
struct Origins {
  int32_t channel[channels][lanes], place[channels][lanes];
  constexpr Origins() : channel(), place() {
    for (int i = 0; i < channels * lanes; ++i) {
      channel[i / lanes][i % lanes] = i % channels;
      place[i / lanes][i % lanes] = i / channels;
    }
  }
};

template <int channels>
void weave_all(const float* HWY_RESTRICT from, int64_t apart, int64_t count, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  using V = hn::Vec<decltype(d)>;
  constexpr int lanes = static_cast<int>(hn::MaxLanes(d));
  static constexpr Origins<channels, lanes> origins;
  int64_t i = 0;
  // The last vectors lie over the ones before where they do not fill the line.
  if (count >= lanes) {
    for (; i < count; i += lanes) {
      const int64_t at = std::min<int64_t>(i, count - lanes);
      V x[channels];
      unroll<channels>([&](auto c) HWY_ATTR { x[c] = hn::LoadU(d, from + c * apart + at); });
      unroll<channels>([&](auto v) HWY_ATTR {
        const auto place = hn::SetTableIndices(d, origins.place[v]);
        const auto channel = hn::LoadU(di, origins.channel[v]);
        V woven = hn::TableLookupLanes(x[0], place);
        unroll<channels - 1>([&](auto c) HWY_ATTR {
          const auto of = hn::RebindMask(d, hn::Eq(channel, hn::Set(di, c + 1)));
          woven = hn::IfThenElse(of, hn::TableLookupLanes(x[c + 1], place), woven);
        });
        hn::StoreU(woven, d, to + at * channels + v * lanes);
      });
    }
    return;
  }
  for (; i < count; ++i) {
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
