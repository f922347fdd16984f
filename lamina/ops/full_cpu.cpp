// Tile instructions of constants and ranges.
#include <algorithm>

#include "lamina/graph/constant.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina::detail {
namespace {

/// The value of the attributes as one element, by way of the instruction that casts float64.
template <class T>
T element(double value) {
  T result{};
  const void* in[] = {&value};
  cast_tile(DType::kFloat64, dtype_of<T>())({in, &result, 1, 0, nullptr});
  return result;
}

template <class T>
void fill(const TileArgs& args) {
  std::fill_n(static_cast<T*>(args.out), args.n, element<T>(args.attrs->as<FullAttrs>().value));
}

template <class T>
void count(const TileArgs& args) {
  T* out = static_cast<T*>(args.out);
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
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
