// Tile instructions of the functions of one tensor: vectorised for float32, and by way of it for 16-bit
// floats (the cheap ones for float64 too), loops else.
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/half_tiles.h"
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/unary_cpu.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/simd_functions-inl.h"
#include "lamina/ops/detail/simd_tiles-inl.h"
#include "lamina/ops/detail/tiles.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {

/// Sine or cosine; vectors with an element too large for the fast reduction go through the C library.
template <int kPhase>
struct Sine {
  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V operator()(D d, V x) const {
    if (HWY_LIKELY(hn::AllTrue(d, hn::Le(hn::Abs(x), hn::Set(d, 8192.0f))))) return sine(d, x, kPhase);
    HWY_ALIGN float lanes[hn::MaxLanes(d)];
    hn::Store(x, d, lanes);
    for (size_t i = 0; i < hn::Lanes(d); ++i) {
      if (!(std::abs(lanes[i]) <= 8192.0f)) lanes[i] = kPhase ? std::cos(lanes[i]) : std::sin(lanes[i]);
    }
    const auto fast = hn::Le(hn::Abs(x), hn::Set(d, 8192.0f));
    return hn::IfThenElse(fast, sine(d, hn::IfThenElseZero(fast, x), kPhase), hn::Load(d, lanes));
  }
};

template <class T, class F>
constexpr TileFunction one() {
  if constexpr (kIsHalf<T>)
    return through_floats<T, map1<float, F>, 1>;
  else
    return map1<T, F>;
}

template <class T>
TileFunction cheap(Unary function) {
  switch (function) {
    case Unary::kNegative:
      return one<T, Negative>();
    case Unary::kAbs:
      return one<T, Abs>();
    case Unary::kSign:
      return one<T, Sign>();
    case Unary::kSquare:
      return one<T, Square>();
    case Unary::kReciprocal:
      return one<T, Reciprocal>();
    case Unary::kSqrt:
      return one<T, Sqrt>();
    case Unary::kRsqrt:
      return one<T, Rsqrt>();
    case Unary::kRelu:
      return one<T, Relu>();
    case Unary::kFloor:
      return one<T, Floor>();
    case Unary::kCeil:
      return one<T, Ceil>();
    case Unary::kRound:
      return one<T, Round>();
    default:
      return nullptr;
  }
}

template <class T>
TileFunction all(Unary function) {
  switch (function) {
    case Unary::kExp:
      return one<T, Exp>();
    case Unary::kExpm1:
      return one<T, Expm1>();
    case Unary::kLog:
      return one<T, Log>();
    case Unary::kLog1p:
      return one<T, Log1p>();
    case Unary::kSin:
      return one<T, Sine<0>>();
    case Unary::kCos:
      return one<T, Sine<1>>();
    case Unary::kTanh:
      return one<T, Tanh>();
    case Unary::kSigmoid:
      return one<T, Sigmoid>();
    case Unary::kErf:
      return one<T, Erf>();
    default:
      return cheap<T>(function);
  }
}

TileFunction vector_unary(Unary function, DType dtype) {
  switch (dtype) {
#if HWY_HAVE_FLOAT64
    case DType::kFloat64:
      return cheap<double>(function);
#endif
    case DType::kFloat32:
      return all<float>(function);
    case DType::kFloat16:
      return all<Float16>(function);
    case DType::kBFloat16:
      return all<BFloat16>(function);
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

#include "lamina/ops/detail/scalar_tiles.h"

namespace lamina::detail {
namespace {

HWY_EXPORT(vector_unary);

// Integers wrap around, so these compute in unsigned arithmetic.
struct NegativeLoop {
  template <class C>
  C operator()(C x) const {
    if constexpr (std::is_integral_v<C>)
      return static_cast<C>(0u - static_cast<std::make_unsigned_t<C>>(x));
    else
      return -x;
  }
};
struct SquareLoop {
  template <class C>
  C operator()(C x) const {
    if constexpr (std::is_integral_v<C>)
      return static_cast<C>(static_cast<uint64_t>(x) * static_cast<uint64_t>(x));
    else
      return x * x;
  }
};
struct AbsLoop {
  template <class C>
  C operator()(C x) const {
    if constexpr (std::is_floating_point_v<C>)
      return std::abs(x);
    else
      return x < C{0} ? NegativeLoop{}(x) : x;
  }
};
LAMINA_LOOP1(SignLoop, C, x > C{0} ? C{1} : x < C{0} ? static_cast<C>(-1) : x);
LAMINA_LOOP1(ReluLoop, C, x <= C{0} ? C{0} : x);
LAMINA_LOOP1(ExpLoop, C, std::exp(x));
LAMINA_LOOP1(Expm1Loop, C, std::expm1(x));
LAMINA_LOOP1(LogLoop, C, std::log(x));
LAMINA_LOOP1(Log1pLoop, C, std::log1p(x));
LAMINA_LOOP1(SqrtLoop, C, std::sqrt(x));
LAMINA_LOOP1(RsqrtLoop, C, 1 / std::sqrt(x));
LAMINA_LOOP1(ReciprocalLoop, C, 1 / x);
LAMINA_LOOP1(SinLoop, C, std::sin(x));
LAMINA_LOOP1(CosLoop, C, std::cos(x));
LAMINA_LOOP1(TanLoop, C, std::tan(x));
LAMINA_LOOP1(TanhLoop, C, std::tanh(x));
LAMINA_LOOP1(SigmoidLoop, C, 1 / (1 + std::exp(-x)));
LAMINA_LOOP1(ErfLoop, C, std::erf(x));
LAMINA_LOOP1(FloorLoop, C, std::floor(x));
LAMINA_LOOP1(CeilLoop, C, std::ceil(x));
LAMINA_LOOP1(RoundLoop, C, std::nearbyint(x));
LAMINA_LOOP1(IsNanLoop, bool, x != x);
LAMINA_LOOP1(IsFiniteLoop, bool, std::isfinite(static_cast<double>(x)));
LAMINA_LOOP1(LogicalNotLoop, bool, x == C{0});

template <class T>
TileFunction arithmetic_loop(Unary function) {
  switch (function) {
    case Unary::kNegative:
      return loop1<T, T, NegativeLoop>;
    case Unary::kAbs:
      return loop1<T, T, AbsLoop>;
    case Unary::kSign:
      return loop1<T, T, SignLoop>;
    case Unary::kSquare:
      return loop1<T, T, SquareLoop>;
    case Unary::kRelu:
      return loop1<T, T, ReluLoop>;
    default:
      return nullptr;
  }
}

template <class T>
TileFunction floating_loop(Unary function) {
  switch (function) {
    case Unary::kExp:
      return loop1<T, T, ExpLoop>;
    case Unary::kExpm1:
      return loop1<T, T, Expm1Loop>;
    case Unary::kLog:
      return loop1<T, T, LogLoop>;
    case Unary::kLog1p:
      return loop1<T, T, Log1pLoop>;
    case Unary::kSqrt:
      return loop1<T, T, SqrtLoop>;
    case Unary::kRsqrt:
      return loop1<T, T, RsqrtLoop>;
    case Unary::kReciprocal:
      return loop1<T, T, ReciprocalLoop>;
    case Unary::kSin:
      return loop1<T, T, SinLoop>;
    case Unary::kCos:
      return loop1<T, T, CosLoop>;
    case Unary::kTan:
      return loop1<T, T, TanLoop>;
    case Unary::kTanh:
      return loop1<T, T, TanhLoop>;
    case Unary::kSigmoid:
      return loop1<T, T, SigmoidLoop>;
    case Unary::kErf:
      return loop1<T, T, ErfLoop>;
    case Unary::kFloor:
      return loop1<T, T, FloorLoop>;
    case Unary::kCeil:
      return loop1<T, T, CeilLoop>;
    case Unary::kRound:
      return loop1<T, T, RoundLoop>;
    default:
      return arithmetic_loop<T>(function);
  }
}

template <class T>
TileFunction predicate_loop(Predicate function) {
  switch (function) {
    case Predicate::kIsNan:
      return loop1<T, bool, IsNanLoop>;
    case Predicate::kIsFinite:
      return loop1<T, bool, IsFiniteLoop>;
    case Predicate::kLogicalNot:
      return loop1<T, bool, LogicalNotLoop>;
  }
  return nullptr;
}

}  // namespace

TileFunction unary_tile(Unary function, DType dtype) {
  if (TileFunction fast = HWY_DYNAMIC_DISPATCH(vector_unary)(function, dtype)) return fast;
  return dispatch(dtype, [&](auto element) -> TileFunction {
    using T = decltype(element);
    if constexpr (std::is_same_v<T, bool>)
      return nullptr;
    else if constexpr (kIsFloating<T>)
      return floating_loop<T>(function);
    else
      return arithmetic_loop<T>(function);
  });
}

TileFunction predicate_tile(Predicate function, DType dtype) {
  return dispatch(dtype, [&](auto element) { return predicate_loop<decltype(element)>(function); });
}

}  // namespace lamina::detail
#endif  // HWY_ONCE
