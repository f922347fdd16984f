// Packing of panels, and the tile of the result that is kept in registers.
#include "lamina/ops/detail/double_gemm.h"

#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/double_gemm.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
constexpr int64_t kRows = DoubleGemm::kRows, kColumns = DoubleGemm::kColumns;

// `width` columns of a tile, in two vectors a row: c = or += panel of a (depth x kRows) times those of b.
template <size_t kLanes>
HWY_INLINE void Columns(const double* HWY_RESTRICT a, const double* HWY_RESTRICT b, int64_t depth, bool add,
                        double* HWY_RESTRICT c, int64_t ldc) {
  const hn::CappedTag<double, kLanes> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[kRows][2];
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < 2; ++j) sums[i][j] = add ? hn::LoadU(d, c + i * ldc + j * lanes) : hn::Zero(d);
  }
  for (int64_t k = 0; k < depth; ++k, a += kRows, b += kColumns) {
    const auto left = hn::LoadU(d, b), right = hn::LoadU(d, b + lanes);
    for (int64_t i = 0; i < kRows; ++i) {
      const auto factor = hn::Set(d, a[i]);
      sums[i][0] = hn::MulAdd(factor, left, sums[i][0]);
      sums[i][1] = hn::MulAdd(factor, right, sums[i][1]);
    }
  }
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < 2; ++j) hn::StoreU(sums[i][j], d, c + i * ldc + j * lanes);
  }
}

void Tile(const double* a, const double* b, int64_t depth, bool add, double* c, int64_t ldc) {
  const auto step = static_cast<int64_t>(2 * hn::Lanes(hn::CappedTag<double, kColumns / 2>()));
  for (int64_t j = 0; j < kColumns; j += step) Columns<kColumns / 2>(a, b + j, depth, add, c + j, ldc);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Tile);

namespace {

/// Panels of so many rows of both operands at a time: the one of b stays in the nearest cache.
constexpr int64_t kDepth = 256;
/// What a thread takes at a time: so many panels of a, which stay in the second cache, by so many of b.
constexpr int64_t kTall = 16, kWide = 16;

int64_t panels(int64_t extent, int64_t each) { return (extent + each - 1) / each; }

// Panel by panel of `each` lines; within it one line after the other of `depth`. `along` and `across`: steps
// between elements of the operand along the depth and across it. What is missing is 0.
void pack(const double* from, int64_t extent, int64_t depth, int64_t each, int64_t along, int64_t across,
          double* to) {
  const int64_t count = panels(extent, each);
  lamina::parallel_for(count, std::max<int64_t>(1, 16384 / (depth * each)), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel) {
      double* out = to + panel * each * depth;
      const double* line = from + panel * each * across;
      const int64_t inside = std::min(each, extent - panel * each);
      for (int64_t k = 0; k < depth; ++k, out += each) {
        for (int64_t i = 0; i < inside; ++i) out[i] = line[k * along + i * across];
        std::fill(out + inside, out + each, 0.0);
      }
    }
  });
}

}  // namespace

size_t DoubleGemm::workspace() const {
  return static_cast<size_t>((panels(m, kRows) * kRows + panels(n, kColumns) * kColumns) * k) *
         sizeof(double);
}

void DoubleGemm::run(const double* a, const double* b, double* c, double* memory, bool add) const {
  const int64_t tall = panels(m, kRows), wide = panels(n, kColumns);
  double *const packed_a = memory, *const packed_b = memory + tall * kRows * k;
  pack(a, m, k, kRows, transpose_a ? m : 1, transpose_a ? 1 : k, packed_a);
  pack(b, n, k, kColumns, transpose_b ? 1 : n, transpose_b ? k : 1, packed_b);

  const auto tile = [](auto... args) { HWY_DYNAMIC_DISPATCH(Tile)(args...); };
  const auto one = [&](int64_t i, int64_t j, int64_t from, int64_t depth) {
    const bool sums = add || from > 0;
    const double *left = packed_a + (i * k + from) * kRows, *right = packed_b + (j * k + from) * kColumns;
    const int64_t row = i * kRows, column = j * kColumns, rows = std::min(kRows, m - row),
                  columns = std::min(kColumns, n - column);
    double* const to = c + row * n + column;
    if (rows == kRows && columns == kColumns) return tile(left, right, depth, sums, to, n);
    double edge[kRows * kColumns];
    for (int64_t y = 0; y < rows; ++y) std::copy_n(to + y * n, sums ? columns : 0, edge + y * kColumns);
    tile(left, right, depth, sums, edge, kColumns);
    for (int64_t y = 0; y < rows; ++y) std::copy_n(edge + y * kColumns, columns, to + y * n);
  };
  const int64_t across = panels(wide, kWide), parts = panels(tall, kTall) * across;
  // A multiplication takes about a twentieth of a nanosecond.
  const auto grain =
      static_cast<int64_t>(100'000 / (kTall * kRows * kWide * kColumns * std::max<int64_t>(1, k)));
  lamina::parallel_for(parts, std::max<int64_t>(1, grain), [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t top = part / across * kTall, left = part % across * kWide;
      const int64_t bottom = std::min(tall, top + kTall), right = std::min(wide, left + kWide);
      for (int64_t from = 0; from < k; from += kDepth) {
        for (int64_t j = left; j < right; ++j) {
          for (int64_t i = top; i < bottom; ++i) one(i, j, from, std::min(kDepth, k - from));
        }
      }
    }
  });
}

}  // namespace lamina::detail
#endif
