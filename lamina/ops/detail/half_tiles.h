// Tile instructions of float16 and bfloat16 by way of those of float32. Internal header.
#pragma once

#include <algorithm>
#include <type_traits>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/half_casts.h"

namespace lamina::detail {

/// kFloats of elements that are widened block by block; a result of 16 bits is rounded. What it computes is
/// what a loop over single elements computes in float.
/// @tparam Result  of kFloats: Half, or bool
template <class Half, TileFunction kFloats, int kOperands, class Result = Half>
void through_floats(const TileArgs& args) {
  constexpr int64_t kBlock = 512;
  alignas(64) float wide[kOperands][kBlock];
  const void* in[kOperands];
  for (int k = 0; k < kOperands; ++k) in[k] = wide[k];
  for (int64_t first = 0; first < args.n; first += kBlock) {
    const int64_t n = std::min(kBlock, args.n - first);
    for (int k = 0; k < kOperands; ++k)
      widen_halves(static_cast<const Half*>(args.in[k]) + first, static_cast<size_t>(n), wide[k]);
    Result* const out = static_cast<Result*>(args.out) + first;
    if constexpr (std::is_same_v<Result, Half>) {
      kFloats({in, wide[0], n, args.first + first, args.attrs});
      narrow_halves(wide[0], static_cast<size_t>(n), out);
    } else {
      kFloats({in, out, n, args.first + first, args.attrs});
    }
  }
}

}  // namespace lamina::detail
