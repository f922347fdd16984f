// The sums of the lanes of four vectors, in one vector of four. Included once per instruction set by
// Highway's foreach_target; not for HWY_SCALAR, whose vectors are numbers.
#if defined(LAMINA_OPS_DETAIL_SUM_OF_EACH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_SUM_OF_EACH_INL_H
#undef LAMINA_OPS_DETAIL_SUM_OF_EACH_INL_H
#else
#define LAMINA_OPS_DETAIL_SUM_OF_EACH_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR

template <class T>
using Four = hwy::HWY_NAMESPACE::FixedTag<T, 4>;

/// The sums of each fourth of v, as far as v is longer than four.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<Four<hwy::HWY_NAMESPACE::TFromD<D>>> folded([[maybe_unused]] D d,
                                                                               hwy::HWY_NAMESPACE::Vec<D> v) {
  namespace hn = hwy::HWY_NAMESPACE;
  if constexpr (hn::MaxLanes(D()) == 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return folded(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The sums of the lanes of four vectors of 32-bit numbers. What one of them comes to does not depend on its
/// place.
template <class D, class V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<Four<hwy::HWY_NAMESPACE::TFromD<D>>> sum_of_each(D d, V v0, V v1, V v2,
                                                                                    V v3) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::Repartition<uint64_t, D> pairs;
  const auto interleaved = [&](V left, V right) HWY_ATTR {
    return hn::BitCast(pairs,
                       hn::Add(hn::InterleaveLower(d, left, right), hn::InterleaveUpper(d, left, right)));
  };
  const auto left = interleaved(v0, v1), right = interleaved(v2, v3);
  return folded(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, left, right)),
                           hn::BitCast(d, hn::InterleaveUpper(pairs, left, right))));
}

#endif
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
