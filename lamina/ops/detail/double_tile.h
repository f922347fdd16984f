// The tile of a product of float64 that registers hold, and the panels that it reads. Internal header of
// kernels.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lamina/base/threads.h"

namespace lamina::detail {

/// A few rows and columns of a product, each number a sum of `depth` terms. What is added in which order
/// depends neither on the number of threads nor on the width of vectors.
struct DoubleTile {
  /// Whatever the instruction set, so that packing needs to know none.
  static constexpr int64_t kRows = 6, kColumns = 16;
  /// Terms at a time: the panel on the right stays in the nearest cache.
  static constexpr int64_t kDepth = 256;
  /// The lines of a packed panel.
  static constexpr int64_t kSideBySide[kRows] = {0, 1, 2, 3, 4, 5};
  static constexpr int64_t kAtIt[1] = {0};

  const double* a;       ///< line i begins at a + lines[i], and its terms are `along_a` apart
  const int64_t* lines;  ///< kRows
  int64_t along_a;
  const double* b;  ///< kColumns numbers side by side for each term, and the terms `along_b` apart
  int64_t along_b;
  int64_t depth;
  bool add;  ///< whether to what c holds
  /// The terms of a line lie in so many pieces of `depth`, of which each begins so far behind the line's
  /// beginning; most often in one, at it.
  int64_t pieces = 1;
  const int64_t* behind = kAtIt;

  /// The first `rows` rows and `columns` columns of the tile go to `c`, whose rows are `ldc` numbers apart.
  void store(int64_t rows, int64_t columns, double* c, int64_t ldc) const;
};

/// Panels of `each` lines that `extent` lines make.
constexpr int64_t panels(int64_t extent, int64_t each) { return (extent + each - 1) / each; }

/// `inside` lines of `depth` numbers, element by element side by side in a panel of `each`; what is missing
/// is 0.
/// @param along, across  steps between elements of the operand along the depth and across it, one of them 1
void pack_panel(const double* from, int64_t inside, int64_t depth, int64_t each, int64_t along,
                int64_t across, double* to);

/// All panels of an operand of `extent` lines, one after the other.
void pack_panels(const double* from, int64_t extent, int64_t depth, int64_t each, int64_t along,
                 int64_t across, double* to);

/// Rows and columns of tiles that a thread takes at a time: the left side of so many stays in the second
/// cache.
inline constexpr int64_t kMostTiles = 16;

/// f(top, bottom, left, right) for pieces of a result of `rows` by `columns` tiles, each by one thread:
/// kMostTiles each way, or fewer where there would be too few pieces for several threads.
/// @param depth  terms of each number, by which work is too little to be shared
template <class F>
void for_each_piece(int64_t rows, int64_t columns, int64_t depth, const F& f) {
  constexpr int64_t kPieces = 16;
  int64_t tall = kMostTiles, wide = kMostTiles;
  while (tall * wide > 1 && panels(rows, tall) * panels(columns, wide) < kPieces)
    (tall >= wide ? tall : wide) /= 2;
  const int64_t across = panels(columns, wide), parts = panels(rows, tall) * across;
  // A multiplication takes about a twentieth of a nanosecond.
  const int64_t grain =
      100'000 / (tall * DoubleTile::kRows * wide * DoubleTile::kColumns * std::max<int64_t>(1, depth));
  lamina::parallel_for(parts, std::max<int64_t>(1, grain), [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t top = part / across * tall, left = part % across * wide;
      f(top, std::min(rows, top + tall), left, std::min(columns, left + wide));
    }
  });
}

}  // namespace lamina::detail
