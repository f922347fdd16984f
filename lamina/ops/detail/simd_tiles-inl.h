// Loops of the vectorised tile instructions. Included once per instruction set by Highway's foreach_target.
#if defined(LAMINA_OPS_DETAIL_SIMD_TILES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_SIMD_TILES_INL_H
#undef LAMINA_OPS_DETAIL_SIMD_TILES_INL_H
#else
#define LAMINA_OPS_DETAIL_SIMD_TILES_INL_H
#endif

#include <cstring>

#include <hwy/highway.h>
#include "lamina/graph/op.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The first `n` elements at `from`, fewer than a vector holds, and ones for the others.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_some(D d, const T* from, size_t n) {
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(hn::Set(d, T{1}), d, lanes);
  std::memcpy(lanes, from, n * sizeof(T));
  return hn::Load(d, lanes);
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_some(hn::Vec<D> v, D d, T* to, size_t n) {
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(v, d, lanes);
  std::memcpy(to, lanes, n * sizeof(T));
}

/// out[i] = F(in[i]). The remainder runs through the same vector code, so that no split changes a bit.
template <class T, class F>
void map1(const TileArgs& args) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  const T* a = static_cast<const T*>(args.in[0]);
  T* out = static_cast<T*>(args.out);
  const size_t n = static_cast<size_t>(args.n);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(F{}(d, hn::LoadU(d, a + i)), d, out + i);
  if (i < n) store_some(F{}(d, load_some(d, a + i, n - i)), d, out + i, n - i);
}

template <class T, class F>
void map2(const TileArgs& args) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  const T* a = static_cast<const T*>(args.in[0]);
  const T* b = static_cast<const T*>(args.in[1]);
  T* out = static_cast<T*>(args.out);
  const size_t n = static_cast<size_t>(args.n);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto first = F{}(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i));
    const auto second = F{}(d, hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes));
    hn::StoreU(first, d, out + i);
    hn::StoreU(second, d, out + i + lanes);
  }
  for (; i + lanes <= n; i += lanes) hn::StoreU(F{}(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i);
  if (i < n) {
    store_some(F{}(d, load_some(d, a + i, n - i), load_some(d, b + i, n - i)), d, out + i, n - i);
  }
}

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
