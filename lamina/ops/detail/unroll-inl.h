// Loops without a loop, so that arrays indexed by their counters become registers. Included once per
// instruction set by Highway's foreach_target.
#if defined(LAMINA_OPS_DETAIL_UNROLL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_UNROLL_INL_H
#undef LAMINA_OPS_DETAIL_UNROLL_INL_H
#else
#define LAMINA_OPS_DETAIL_UNROLL_INL_H
#endif

#include <type_traits>
#include <utility>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {

template <int... I, class F>
HWY_INLINE void unrolled(std::integer_sequence<int, I...>, F f) {
  (f(std::integral_constant<int, I>{}), ...);
}

/// f(0), f(1), ... f(N - 1) with the numbers as types.
template <int N, class F>
HWY_INLINE void unroll(F f) {
  unrolled(std::make_integer_sequence<int, N>{}, f);
}

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
