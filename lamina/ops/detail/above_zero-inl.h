// relu of a vector. Included once per instruction set by Highway's foreach_target.
#if defined(LAMINA_OPS_DETAIL_ABOVE_ZERO_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_ABOVE_ZERO_INL_H
#undef LAMINA_OPS_DETAIL_ABOVE_ZERO_INL_H
#else
#define LAMINA_OPS_DETAIL_ABOVE_ZERO_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {

/// Zero in place of what is below; NaN and -0 stay.
template <class D>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> above_zero(D d, hwy::HWY_NAMESPACE::Vec<D> v) {
  namespace hn = hwy::HWY_NAMESPACE;
#if HWY_ARCH_X86
  return hn::Max(hn::Zero(d), v);  // one instruction, which gives the second operand where one is NaN or both are zeros
#else
  return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v);
#endif
}

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
