// What kernels ask of element types. Internal header.
#pragma once

#include <type_traits>

#include "lamina/base/dtype.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina::detail {

/// The floats of 16 bits, which C++20 has no arithmetic for.
template <class T>
inline constexpr bool kIsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;
template <class T>
inline constexpr bool kIsFloating = kIsHalf<T> || std::is_floating_point_v<T>;

/// The type in which elements of T are computed and compared: float for 16-bit floats, else T.
template <class T>
using Compute = std::conditional_t<kIsHalf<T>, float, T>;

/// `value` as an element, converted as cast does: by the same instruction.
template <class T>
T element_of(double value) {
  T result{};
  const void* in[] = {&value};
  cast_tile(DType::kFloat64, dtype_of<T>())({in, &result, 1, 0, nullptr});
  return result;
}

}  // namespace lamina::detail
