// What kernels that follow indices share. Internal header.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "lamina/ops/detail/element.h"

namespace lamina::detail {

/// What stands for an element at an index out of range.
template <class T>
T missing() {
  return kIsFloating<T> ? element_of<T>(std::numeric_limits<double>::quiet_NaN()) : T{};
}

/// a + b; integers wrap around.
template <class Sum>
Sum plus(Sum a, Sum b) {
  if constexpr (std::is_integral_v<Sum>)
    return static_cast<Sum>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  else
    return a + b;
}

/// The position that an index means, or -1.
template <class Index>
int64_t resolve(Index given, int64_t extent) {
  auto index = static_cast<int64_t>(given);
  if (index < 0) index += extent;
  return index >= 0 && index < extent ? index : -1;
}

/// Calls `f` with an element of the C++ type of an integer dtype.
template <class F>
void dispatch_index(DType dtype, F&& f) {
  dispatch(dtype, [&](auto index) {
    if constexpr (std::is_integral_v<decltype(index)> && !std::is_same_v<decltype(index), bool>) f(index);
  });
}

}  // namespace lamina::detail
