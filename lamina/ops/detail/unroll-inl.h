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

// In place of HWY_ATTR for a lambda whose arrays have to stay in registers: of many calls, or of large functions, the compiler
// would leave some, and the arrays in memory.
#undef LAMINA_INLINED  // of the instruction set before
#define LAMINA_INLINED HWY_ATTR __attribute__((always_inline))

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
