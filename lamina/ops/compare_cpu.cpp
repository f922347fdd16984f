// Tile instructions of comparisons, logic and choice: comparisons vectorised for float32 and by way of it for
// 16-bit floats, choice for 16 and 32 bits, loops else.
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/half_tiles.h"
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/compare_cpu.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/simd_tiles-inl.h"
#include "lamina/ops/detail/tiles.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {

#define LAMINA_COMPARE(Name, expression)                                 \
  struct Name {                                                          \
    template <class V>                                                   \
    HWY_INLINE auto operator()(V a, V b) const -> decltype(expression) { \
      return expression;                                                 \
    }                                                                    \
  }

LAMINA_COMPARE(Equal, hn::Eq(a, b));
LAMINA_COMPARE(NotEqual, hn::Not(hn::Eq(a, b)));  // Highway's Ne is false for NaN
LAMINA_COMPARE(Greater, hn::Gt(a, b));
LAMINA_COMPARE(GreaterEqual, hn::Ge(a, b));
#undef LAMINA_COMPARE

/// out[i] = F(in[first][i], in[1 - first][i]) as bytes 0 and 1.
template <class F, int kFirst>
void compare(const TileArgs& args) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::Rebind<uint8_t, decltype(d)> db;
  const size_t lanes = hn::Lanes(d);
  const float* a = static_cast<const float*>(args.in[kFirst]);
  const float* b = static_cast<const float*>(args.in[1 - kFirst]);
  uint8_t* out = static_cast<uint8_t*>(args.out);
  const size_t n = static_cast<size_t>(args.n);
  const auto bytes = [&](auto x, auto y) HWY_ATTR {
    const auto ones = hn::IfThenElseZero(hn::RebindMask(di, F{}(x, y)), hn::Set(di, 1));
    return hn::DemoteTo(db, ones);
  };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(bytes(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), db, out + i);
  if (i < n) store_some(bytes(load_some(d, a + i, n - i), load_some(d, b + i, n - i)), db, out + i, n - i);
}

/// out[i] = in[0][i] ? in[1][i] : in[2][i], for elements as wide as T, which is 16 or 32 bits without a sign.
template <class T>
void choose(const TileArgs& args) {
  const hn::ScalableTag<T> d;
  const hn::Rebind<uint8_t, decltype(d)> db;
  const size_t lanes = hn::Lanes(d);
  const uint8_t* condition = static_cast<const uint8_t*>(args.in[0]);
  const T* a = static_cast<const T*>(args.in[1]);
  const T* b = static_cast<const T*>(args.in[2]);
  T* out = static_cast<T*>(args.out);
  const size_t n = static_cast<size_t>(args.n);
  const auto select = [&](auto bytes, auto x, auto y) HWY_ATTR {
    return hn::IfThenElse(hn::Ne(hn::PromoteTo(d, bytes), hn::Zero(d)), x, y);
  };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(select(hn::LoadU(db, condition + i), hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i);
  }
  if (i < n) {
    const size_t rest = n - i;
    store_some(
        select(load_some(db, condition + i, rest), load_some(d, a + i, rest), load_some(d, b + i, rest)), d,
        out + i, rest);
  }
}

template <class T, class F, int kFirst>
constexpr TileFunction two() {
  if constexpr (kIsHalf<T>)
    return through_floats<T, compare<F, kFirst>, 2, bool>;
  else
    return compare<F, kFirst>;
}

template <class T>
TileFunction of_floats(Compare function) {
  switch (function) {
    case Compare::kEqual:
      return two<T, Equal, 0>();
    case Compare::kNotEqual:
      return two<T, NotEqual, 0>();
    case Compare::kGreater:
      return two<T, Greater, 0>();
    case Compare::kGreaterEqual:
      return two<T, GreaterEqual, 0>();
    case Compare::kLess:
      return two<T, Greater, 1>();
    case Compare::kLessEqual:
      return two<T, GreaterEqual, 1>();
  }
  return nullptr;
}

TileFunction vector_compare(Compare function, DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return of_floats<float>(function);
    case DType::kFloat16:
      return of_floats<Float16>(function);
    case DType::kBFloat16:
      return of_floats<BFloat16>(function);
    default:
      return nullptr;
  }
}

TileFunction vector_choose(size_t bytes) { return bytes == 2 ? choose<uint16_t> : choose<uint32_t>; }

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "lamina/ops/detail/scalar_tiles.h"

namespace lamina::detail {
namespace {

HWY_EXPORT(vector_compare);
HWY_EXPORT(vector_choose);

LAMINA_LOOP2(EqualLoop, bool, a == b);
LAMINA_LOOP2(NotEqualLoop, bool, a != b);
LAMINA_LOOP2(GreaterLoop, bool, a > b);
LAMINA_LOOP2(GreaterEqualLoop, bool, a >= b);
LAMINA_LOOP2(LessLoop, bool, a < b);
LAMINA_LOOP2(LessEqualLoop, bool, a <= b);
LAMINA_LOOP2(AndLoop, C, a& b);
LAMINA_LOOP2(OrLoop, C, a | b);

template <class T>
TileFunction compare_loop(Compare function) {
  switch (function) {
    case Compare::kEqual:
      return loop2<T, bool, EqualLoop>;
    case Compare::kNotEqual:
      return loop2<T, bool, NotEqualLoop>;
    case Compare::kGreater:
      return loop2<T, bool, GreaterLoop>;
    case Compare::kGreaterEqual:
      return loop2<T, bool, GreaterEqualLoop>;
    case Compare::kLess:
      return loop2<T, bool, LessLoop>;
    case Compare::kLessEqual:
      return loop2<T, bool, LessEqualLoop>;
  }
  return nullptr;
}

template <class Word>
void choose_words(const TileArgs& args) {
  const bool* condition = static_cast<const bool*>(args.in[0]);
  const Word* a = static_cast<const Word*>(args.in[1]);
  const Word* b = static_cast<const Word*>(args.in[2]);
  Word* out = static_cast<Word*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) out[i] = condition[i] ? a[i] : b[i];
}

}  // namespace

TileFunction compare_tile(Compare function, DType dtype) {
  if (TileFunction fast = HWY_DYNAMIC_DISPATCH(vector_compare)(function, dtype)) return fast;
  return dispatch(dtype, [&](auto element) { return compare_loop<decltype(element)>(function); });
}

TileFunction logic_tile(Logic function) {
  return function == Logic::kAnd ? loop2<uint8_t, uint8_t, AndLoop> : loop2<uint8_t, uint8_t, OrLoop>;
}

TileFunction where_tile(DType dtype) {
  switch (size_of(dtype)) {
    case 1:
      return choose_words<uint8_t>;
    case 2:
      return HWY_DYNAMIC_DISPATCH(vector_choose)(2);
    case 4:
      return HWY_DYNAMIC_DISPATCH(vector_choose)(4);
    default:
      return choose_words<uint64_t>;
  }
}

}  // namespace lamina::detail
#endif  // HWY_ONCE
