// Sums in registers, and packing.
#include "lamina/ops/detail/double_tile.h"

#include <algorithm>

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/double_tile.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
constexpr int64_t kRows = DoubleTile::kRows, kColumns = DoubleTile::kColumns;

// Two vectors of each row.
template <size_t kLanes>
HWY_INLINE void Columns(const DoubleTile& tile, const double* HWY_RESTRICT b, double* HWY_RESTRICT c,
                        int64_t ldc) {
  const hn::CappedTag<double, kLanes> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[kRows][2];
  int64_t lines[kRows];
  for (int64_t i = 0; i < kRows; ++i) {
    lines[i] = tile.lines[i];
    for (int64_t j = 0; j < 2; ++j)
      sums[i][j] = tile.add ? hn::LoadU(d, c + i * ldc + j * lanes) : hn::Zero(d);
  }
  for (int64_t piece = 0; piece < tile.pieces; ++piece) {
    const double* HWY_RESTRICT a = tile.a + tile.behind[piece];
    for (int64_t k = 0; k < tile.depth; ++k, a += tile.along_a, b += tile.along_b) {
      const auto left = hn::LoadU(d, b), right = hn::LoadU(d, b + lanes);
      for (int64_t i = 0; i < kRows; ++i) {
        const auto factor = hn::Set(d, a[lines[i]]);
        sums[i][0] = hn::MulAdd(factor, left, sums[i][0]);
        sums[i][1] = hn::MulAdd(factor, right, sums[i][1]);
      }
    }
  }
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < 2; ++j) hn::StoreU(sums[i][j], d, c + i * ldc + j * lanes);
  }
}

void Tile(const DoubleTile& tile, double* c, int64_t ldc) {
  const auto step = static_cast<int64_t>(2 * hn::Lanes(hn::CappedTag<double, kColumns / 2>()));
  for (int64_t j = 0; j < kColumns; j += step) Columns<kColumns / 2>(tile, tile.b + j, c + j, ldc);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Tile);

void DoubleTile::store(int64_t rows, int64_t columns, double* c, int64_t ldc) const {
  if (rows == kRows && columns == kColumns) {
    HWY_DYNAMIC_DISPATCH(Tile)(*this, c, ldc);
    return;
  }
  double edge[kRows * kColumns];
  for (int64_t y = 0; y < rows; ++y) std::copy_n(c + y * ldc, add ? columns : 0, edge + y * kColumns);
  HWY_DYNAMIC_DISPATCH(Tile)(*this, edge, kColumns);
  for (int64_t y = 0; y < rows; ++y) std::copy_n(edge + y * kColumns, columns, c + y * ldc);
}

void pack_panel(const double* from, int64_t inside, int64_t depth, int64_t each, int64_t along,
                int64_t across, double* to) {
  if (across == 1) {
    for (int64_t k = 0; k < depth; ++k, to += each) {
      std::copy_n(from + k * along, inside, to);
      std::fill(to + inside, to + each, 0.0);
    }
    return;
  }
  constexpr int64_t kAtOnce = 8;  // numbers of a line, which lie in one piece of cache
  for (int64_t k = 0; k < depth; k += kAtOnce) {
    const int64_t end = std::min(depth, k + kAtOnce);
    for (int64_t i = 0; i < inside; ++i) {
      for (int64_t at = k; at < end; ++at) to[at * each + i] = from[at * along + i * across];
    }
    for (int64_t at = k; at < end; ++at) std::fill(to + at * each + inside, to + (at + 1) * each, 0.0);
  }
}

void pack_panels(const double* from, int64_t extent, int64_t depth, int64_t each, int64_t along,
                 int64_t across, double* to) {
  lamina::parallel_for(panels(extent, each), std::max<int64_t>(1, 16384 / (depth * each)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t panel = begin; panel < end; ++panel)
                           pack_panel(from + panel * each * across, std::min(each, extent - panel * each),
                                      depth, each, along, across, to + panel * each * depth);
                       });
}

}  // namespace lamina::detail
#endif
