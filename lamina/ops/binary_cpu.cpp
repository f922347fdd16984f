// Tile instructions of arithmetic on two tensors: vectorised for float32 and float64, and by way of float32
// for 16-bit floats, loops else.
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/half_tiles.h"
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/binary_cpu.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/simd_functions-inl.h"
#include "lamina/ops/detail/simd_tiles-inl.h"
#include "lamina/ops/detail/tiles.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {

template <class T, class F>
constexpr TileFunction two() {
  if constexpr (kIsHalf<T>)
    return through_floats<T, map2<float, F>, 2>;
  else
    return map2<T, F>;
}

template <class T>
TileFunction typed(Binary function) {
  switch (function) {
    case Binary::kAdd:
      return two<T, Add>();
    case Binary::kSubtract:
      return two<T, Subtract>();
    case Binary::kMultiply:
      return two<T, Multiply>();
    case Binary::kDivide:
      return two<T, Divide>();
    case Binary::kMaximum:
      return two<T, Maximum>();
    case Binary::kMinimum:
      return two<T, Minimum>();
    case Binary::kFloorDivide:
      return two<T, FloorDivide>();
    default:
      return nullptr;
  }
}

TileFunction vector_binary(Binary function, DType dtype) {
  switch (dtype) {
#if HWY_HAVE_FLOAT64
    case DType::kFloat64:
      return typed<double>(function);
#endif
    case DType::kFloat32:
      return typed<float>(function);
    case DType::kFloat16:
      return typed<Float16>(function);
    case DType::kBFloat16:
      return typed<BFloat16>(function);
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

HWY_EXPORT(vector_binary);

/// Integers wrap around, so they compute in unsigned arithmetic.
template <class C>
auto wide(C x) {
  if constexpr (std::is_integral_v<C>)
    return static_cast<uint64_t>(x);
  else
    return x;
}

struct PowerLoop {
  template <class C>
  C operator()(C a, C b) const {
    if constexpr (std::is_floating_point_v<C>) {
      return std::pow(a, b);
    } else {
      if (b < C{0}) return a == C{1} ? C{1} : a == static_cast<C>(-1) ? static_cast<C>(b % 2 ? -1 : 1) : C{0};
      uint64_t result = 1;
      uint64_t base = static_cast<uint64_t>(a);
      for (uint64_t rest = static_cast<uint64_t>(b); rest != 0; rest >>= 1) {
        if (rest & 1) result *= base;
        base *= base;
      }
      return static_cast<C>(result);
    }
  }
};

struct ModLoop {
  template <class C>
  C operator()(C a, C b) const {
    if constexpr (std::is_floating_point_v<C>) {
      const C rest = std::fmod(a, b);
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    } else {
      // The division of the least integer by -1 overflows.
      if (b == C{0} || (std::is_signed_v<C> && b == static_cast<C>(-1))) return C{0};
      const C rest = static_cast<C>(a % b);
      return rest != 0 && (rest < 0) != (b < 0) ? static_cast<C>(rest + b) : rest;
    }
  }
};

struct FloorDivideLoop {
  template <class C>
  C operator()(C a, C b) const {
    if constexpr (std::is_floating_point_v<C>) {
      return std::floor(a / b);
    } else {
      if (b == C{0}) return C{0};
      if (std::is_signed_v<C> && b == static_cast<C>(-1)) return static_cast<C>(0 - wide(a));
      return static_cast<C>(a / b - ((a % b != 0) && ((a < 0) != (b < 0))));
    }
  }
};

struct DivideLoop {
  template <class C>
  C operator()(C a, C b) const {
    if constexpr (std::is_floating_point_v<C>)
      return a / b;
    else
      return FloorDivideLoop{}(a, b);
  }
};

LAMINA_LOOP2(AddLoop, C, wide(a) + wide(b));
LAMINA_LOOP2(SubtractLoop, C, wide(a) - wide(b));
LAMINA_LOOP2(MultiplyLoop, C, wide(a) * wide(b));
LAMINA_LOOP2(MaximumLoop, C, a >= b || a != a ? a : b);
LAMINA_LOOP2(MinimumLoop, C, a <= b || a != a ? a : b);

template <class T>
TileFunction arithmetic_loop(Binary function) {
  switch (function) {
    case Binary::kAdd:
      return loop2<T, T, AddLoop>;
    case Binary::kSubtract:
      return loop2<T, T, SubtractLoop>;
    case Binary::kMultiply:
      return loop2<T, T, MultiplyLoop>;
    case Binary::kDivide:
      return kIsFloating<T> ? loop2<T, T, DivideLoop> : nullptr;
    case Binary::kPower:
      return loop2<T, T, PowerLoop>;
    case Binary::kMaximum:
      return loop2<T, T, MaximumLoop>;
    case Binary::kMinimum:
      return loop2<T, T, MinimumLoop>;
    case Binary::kMod:
      return loop2<T, T, ModLoop>;
    case Binary::kFloorDivide:
      return loop2<T, T, FloorDivideLoop>;
  }
  return nullptr;
}

}  // namespace

TileFunction binary_tile(Binary function, DType dtype) {
  if (TileFunction fast = HWY_DYNAMIC_DISPATCH(vector_binary)(function, dtype)) return fast;
  return dispatch(dtype, [&](auto element) -> TileFunction {
    if constexpr (std::is_same_v<decltype(element), bool>)
      return nullptr;
    else
      return arithmetic_loop<decltype(element)>(function);
  });
}

}  // namespace lamina::detail
#endif  // HWY_ONCE
