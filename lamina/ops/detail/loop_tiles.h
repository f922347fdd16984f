// Tile instructions of elementwise ops whose records name the function itself, so that adding one edits no
// list: loops over floats or integers. Internal header of records.
#pragma once

#include <span>

#include "lamina/ops/detail/scalar_tiles.h"

namespace lamina::detail {

/// Op::tile of F(x) for floats.
template <class F>
TileFunction floats1(std::span<const DType> inputs, DType) {
  return dispatch(inputs[0], [](auto element) -> TileFunction {
    using T = decltype(element);
    if constexpr (kIsFloating<T>)
      return loop1<T, T, F>;
    else
      return nullptr;
  });
}

/// Op::tile of F(a, b) for floats.
template <class F>
TileFunction floats2(std::span<const DType> inputs, DType) {
  return dispatch(inputs[0], [](auto element) -> TileFunction {
    using T = decltype(element);
    if constexpr (kIsFloating<T>)
      return loop2<T, T, F>;
    else
      return nullptr;
  });
}

/// Op::tile of F(a, b) for integers.
template <class F>
TileFunction integers2(std::span<const DType> inputs, DType) {
  return dispatch(inputs[0], [](auto element) -> TileFunction {
    using T = decltype(element);
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
      return loop2<T, T, F>;
    else
      return nullptr;
  });
}

}  // namespace lamina::detail
