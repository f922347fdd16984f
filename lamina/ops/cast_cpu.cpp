// Tile instructions of cast and of the plain copy.
#include <cmath>
#include <cstring>
#include <limits>

#include "lamina/ops/detail/half_casts.h"
#include "lamina/ops/detail/scalar_tiles.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina::detail {
namespace {

template <class From, class To>
To convert(From x) {
  if constexpr (kIsHalf<From>) {
    return convert<float, To>(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From{};
  } else if constexpr (kIsHalf<To>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // The bounds are powers of two, or one below: exact, or rounded up to the power itself.
    constexpr From lowest = static_cast<From>(std::numeric_limits<To>::min());
    constexpr From highest = static_cast<From>(std::numeric_limits<To>::max());
    if (x >= highest) return std::numeric_limits<To>::max();
    if (x <= lowest) return std::numeric_limits<To>::min();
    return x == x ? static_cast<To>(x) : To{0};
  } else {
    return static_cast<To>(x);
  }
}

template <class From, class To>
void cast_loop(const TileArgs& args) {
  const From* in = static_cast<const From*>(args.in[0]);
  To* out = static_cast<To*>(args.out);
  if constexpr (kIsHalf<From> && std::is_same_v<To, float>) {
    return widen_halves(in, static_cast<size_t>(args.n), out);
  } else if constexpr (std::is_same_v<From, float> && kIsHalf<To>) {
    return narrow_halves(in, static_cast<size_t>(args.n), out);
  }
  for (int64_t i = 0; i < args.n; ++i) out[i] = convert<From, To>(in[i]);
}

template <size_t kElement>
void copy(const TileArgs& args) {
  std::memmove(args.out, args.in[0], static_cast<size_t>(args.n) * kElement);
}

}  // namespace

TileFunction cast_tile(DType from, DType to) {
  return dispatch(from, [&](auto source) {
    return dispatch(
        to, [&](auto target) -> TileFunction { return cast_loop<decltype(source), decltype(target)>; });
  });
}

TileFunction copy_tile(DType dtype) {
  switch (size_of(dtype)) {
    case 1:
      return copy<1>;
    case 2:
      return copy<2>;
    case 4:
      return copy<4>;
    default:
      return copy<8>;
  }
}

}  // namespace lamina::detail
