// Pieces of work within one large matrix: they depend on its extents alone. Internal header.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lamina/base/threads.h"
#include "lamina/ops/linalg/detail/lapack.h"

namespace lamina::detail {

constexpr int kLarge = 256;  // a smaller matrix is one thread's, and LAPACK's alone

/// Numbers that LAPACK needs to apply reflectors to `columns`, whatever block it takes.
constexpr int reflecting(int columns) { return 64 * columns + 65 * 64; }

/// f(first, last) for tiles of [0, extent), `tile` wide, on several threads; `flops` is what all of it takes.
template <class F>
void for_each_tile(int extent, int tile, double flops, F&& f) {
  const int64_t tiles = (extent + tile - 1) / tile;
  const auto range = [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int first = static_cast<int>(at) * tile;
      f(first, std::min(first + tile, extent));
    }
  };
  if (turns_of_lapack()) return range(0, tiles);
  lamina::parallel_parts(tiles, flops / 20, range);
}

}  // namespace lamina::detail
