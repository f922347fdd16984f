// Packing of operands, and the tiles of their product.
#include "lamina/ops/detail/double_gemm.h"

#include <algorithm>

#include "lamina/ops/detail/double_tile.h"

namespace lamina::detail {
namespace {

constexpr int64_t kRows = DoubleTile::kRows, kColumns = DoubleTile::kColumns;

/// Where `inside` lines begin that are `apart`, as those of a tile; what it has beyond them is the last one.
struct Lines {
  int64_t at[kRows];

  Lines(int64_t inside, int64_t apart) {
    for (int64_t i = 0; i < kRows; ++i) at[i] = std::min(i, inside - 1) * apart;
  }
};

// Operands that stay in the nearest caches are read where they lie: packing them would take as long as
// multiplying. The last tile may lie over the one before, so that none is cut.
bool is_small(const DoubleGemm& g, bool add) {
  return g.m >= kRows && g.n >= kColumns && !add && g.k * (g.m + g.n) <= 1 << 14 &&
         g.m * g.n * g.k <= 1 << 20;
}

void run_small(const DoubleGemm& g, const double* a, const double* b, double* c, double* memory) {
  const int64_t rows = g.transpose_a ? 1 : g.k, along_a = g.transpose_a ? g.m : 1;
  const Lines lines(kRows, rows);
  for (int64_t column = 0; column < g.n; column += kColumns) {
    const int64_t j = std::min(column, g.n - kColumns);
    if (g.transpose_b) pack_panel(b + j * g.k, kColumns, g.k, kColumns, 1, g.k, memory);
    const double* const right = g.transpose_b ? memory : b + j;
    for (int64_t row = 0; row < g.m; row += kRows) {
      const int64_t i = std::min(row, g.m - kRows);
      DoubleTile{a + i * rows, lines.at, along_a, right, g.transpose_b ? kColumns : g.n, g.k, false}.store(
          kRows, kColumns, c + i * g.n + j, g.n);
    }
  }
}

}  // namespace

size_t DoubleGemm::workspace() const {
  const int64_t rows = transpose_a ? panels(m, kRows) * kRows : 0;
  return static_cast<size_t>((rows + panels(n, kColumns) * kColumns) * k) * sizeof(double);
}

void DoubleGemm::run(const double* a, const double* b, double* c, double* memory, bool add) const {
  if (is_small(*this, add)) return run_small(*this, a, b, c, memory);
  const int64_t tall = panels(m, kRows), wide = panels(n, kColumns);
  double* const packed_b = memory + (transpose_a ? tall * kRows * k : 0);
  // The terms of a line lie side by side: packed, they would be read no faster.
  if (transpose_a) pack_panels(a, m, k, kRows, m, 1, memory);
  pack_panels(b, n, k, kColumns, transpose_b ? 1 : n, transpose_b ? k : 1, packed_b);

  const Lines whole(kRows, k), last(m - (tall - 1) * kRows, k);
  for_each_piece(tall, wide, k, [&](int64_t top, int64_t bottom, int64_t left, int64_t right) {
    for (int64_t from = 0; from < k; from += DoubleTile::kDepth) {
      const int64_t depth = std::min(DoubleTile::kDepth, k - from);
      const auto tile = [&](int64_t i, const double* panel) {
        const bool sums = add || from > 0;
        if (transpose_a)
          return DoubleTile{
              memory + (i * k + from) * kRows, DoubleTile::kSideBySide, kRows, panel, kColumns, depth, sums};
        return DoubleTile{
            a + i * kRows * k + from, (i + 1 < tall ? whole : last).at, 1, panel, kColumns, depth, sums};
      };
      for (int64_t j = left; j < right; ++j) {
        for (int64_t i = top; i < bottom; ++i)
          tile(i, packed_b + (j * k + from) * kColumns)
              .store(std::min(kRows, m - i * kRows), std::min(kColumns, n - j * kColumns),
                     c + i * kRows * n + j * kColumns, n);
      }
    }
  });
}

}  // namespace lamina::detail
