// The type in which plain kernels sum up elements of a dtype, and the conversions to and from it.
#pragma once

#include <cstdint>
#include <type_traits>

#include "lamina/base/dtype.h"
#include "lamina/ops/detail/element.h"

namespace lamina::detail {

/// double for floats of any width, int64 for integers and bool.
template <class T>
using Accumulator = std::conditional_t<std::is_integral_v<T>, int64_t, double>;

template <class T>
Accumulator<T> widen(T value) {
  if constexpr (kIsHalf<T>) {
    return static_cast<float>(value);
  } else {
    return static_cast<Accumulator<T>>(value);
  }
}

template <class T>
T narrow(Accumulator<T> value) {
  if constexpr (kIsHalf<T>) {
    return T(static_cast<float>(value));
  } else {
    return static_cast<T>(value);
  }
}

/// Calls `f` with an element of the C++ type of a floating dtype.
template <class F>
decltype(auto) dispatch_floating(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kFloat16:
      return f(Float16{});
    case DType::kBFloat16:
      return f(BFloat16{});
    case DType::kFloat64:
      return f(double{});
    default:
      return f(float{});
  }
}

}  // namespace lamina::detail
