// Tile instructions of constants and ranges.
#include <algorithm>

#include "lamina/graph/constant.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina::detail {
namespace {

template <class T>
void fill(const TileArgs& args) {
  std::fill_n(static_cast<T*>(args.out), args.n, element_of<T>(args.attrs->as<FullAttrs>().value));
}

template <class T>
void count(const TileArgs& args) {
  T* out = static_cast<T*>(args.out);
  if constexpr (kIsHalf<T>) {
    for (int64_t i = 0; i < args.n; ++i) out[i] = T(static_cast<float>(args.first + i));
  } else {
    for (int64_t i = 0; i < args.n; ++i) out[i] = static_cast<T>(args.first + i);
  }
}

}  // namespace

TileFunction full_tile(DType dtype) {
  return dispatch(dtype, [](auto e) -> TileFunction { return fill<decltype(e)>; });
}

TileFunction arange_tile(DType dtype) {
  return dispatch(dtype, [](auto e) -> TileFunction { return count<decltype(e)>; });
}

}  // namespace lamina::detail
