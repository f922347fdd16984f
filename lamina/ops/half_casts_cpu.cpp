// float16 and bfloat16 from and to float32, many at a time.
#include "lamina/ops/detail/half_casts.h"

#include <algorithm>

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/half_casts_cpu.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Words = hn::Rebind<uint16_t, Floats>;
using Wide = hn::RebindToUnsigned<Floats>;

struct WidenFloat16 {
  static hn::Vec<Floats> of(hn::Vec<Words> bits) {
    const hn::Rebind<hwy::float16_t, Floats> halves;
    return hn::PromoteTo(Floats(), hn::BitCast(halves, bits));
  }
};

struct WidenBFloat16 {
  static hn::Vec<Floats> of(hn::Vec<Words> bits) {
    return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::PromoteTo(Wide(), bits)));
  }
};

struct NarrowFloat16 {
  static hn::Vec<Words> of(hn::Vec<Floats> value) {
    const hn::Rebind<hwy::float16_t, Floats> halves;
    return hn::BitCast(Words(), hn::DemoteTo(halves, value));
  }
};

struct NarrowBFloat16 {
  static hn::Vec<Words> of(hn::Vec<Floats> value) {
    const Wide wide;
    const auto bits = hn::BitCast(wide, value);
    const auto up = hn::Add(hn::And(hn::ShiftRight<16>(bits), hn::Set(wide, 1)), hn::Set(wide, 0x7fff));
    const auto nan = hn::RebindMask(wide, hn::IsNaN(value));
    const auto upper =
        hn::ShiftRight<16>(hn::IfThenElse(nan, hn::Or(bits, hn::Set(wide, 0x400000)), hn::Add(bits, up)));
    return hn::DemoteTo(Words(), hn::BitCast(hn::RebindToSigned<Wide>(), upper));
  }
};

template <class Conversion>
void Widen(const uint16_t* from, size_t count, float* to) {
  const size_t lanes = hn::Lanes(Floats());
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(Conversion::of(hn::LoadU(Words(), from + i)), Floats(), to + i);
  if (i == count) return;
  HWY_ALIGN uint16_t last[hn::MaxLanes(Floats())] = {};
  HWY_ALIGN float wide[hn::MaxLanes(Floats())];
  std::copy(from + i, from + count, last);
  hn::Store(Conversion::of(hn::Load(Words(), last)), Floats(), wide);
  std::copy_n(wide, count - i, to + i);
}

template <class Conversion>
void Narrow(const float* from, size_t count, uint16_t* to) {
  const size_t lanes = hn::Lanes(Floats());
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(Conversion::of(hn::LoadU(Floats(), from + i)), Words(), to + i);
  if (i == count) return;
  HWY_ALIGN float last[hn::MaxLanes(Floats())] = {};
  HWY_ALIGN uint16_t half[hn::MaxLanes(Floats())];
  std::copy(from + i, from + count, last);
  hn::Store(Conversion::of(hn::Load(Floats(), last)), Words(), half);
  std::copy_n(half, count - i, to + i);
}

#if (HWY_TARGET >= HWY_SSE4 && HWY_TARGET != HWY_NEON) || defined(HWY_DISABLE_F16C)
// Without instructions for it Highway rounds towards zero.
void FromFloat16(const uint16_t* from, size_t count, float* to) {
  std::transform(from, from + count, to, [](uint16_t bits) {
    Float16 half;
    half.bits = bits;
    return static_cast<float>(half);
  });
}
void ToFloat16(const float* from, size_t count, uint16_t* to) {
  std::transform(from, from + count, to, [](float value) { return Float16(value).bits; });
}
#else
void FromFloat16(const uint16_t* from, size_t count, float* to) { Widen<WidenFloat16>(from, count, to); }
void ToFloat16(const float* from, size_t count, uint16_t* to) { Narrow<NarrowFloat16>(from, count, to); }
#endif
void FromBFloat16(const uint16_t* from, size_t count, float* to) { Widen<WidenBFloat16>(from, count, to); }
void ToBFloat16(const float* from, size_t count, uint16_t* to) { Narrow<NarrowBFloat16>(from, count, to); }

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(FromFloat16);
HWY_EXPORT(FromBFloat16);
HWY_EXPORT(ToFloat16);
HWY_EXPORT(ToBFloat16);

void widen_halves(const Float16* from, size_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(FromFloat16)(&from->bits, count, to);
}
void widen_halves(const BFloat16* from, size_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(FromBFloat16)(&from->bits, count, to);
}
void narrow_halves(const float* from, size_t count, Float16* to) {
  HWY_DYNAMIC_DISPATCH(ToFloat16)(from, count, &to->bits);
}
void narrow_halves(const float* from, size_t count, BFloat16* to) {
  HWY_DYNAMIC_DISPATCH(ToBFloat16)(from, count, &to->bits);
}

}  // namespace lamina::detail
#endif
