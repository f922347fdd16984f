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

// Two vectors of each row of a tile: c = or += a (kRows lines, `rows` apart) times b, whose elements along
// the depth lie `along_a` and `along_b` apart. A panel of a has its rows side by side.
template <size_t kLanes, bool kPanel>
HWY_INLINE void Columns(const double* HWY_RESTRICT a, int64_t rows, int64_t along_a,
                        const double* HWY_RESTRICT b, int64_t along_b, int64_t depth, bool add,
                        double* HWY_RESTRICT c, int64_t ldc) {
  const hn::CappedTag<double, kLanes> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if (kPanel) rows = 1, along_a = kRows, along_b = kColumns;
  hn::Vec<decltype(d)> sums[kRows][2];
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < 2; ++j) sums[i][j] = add ? hn::LoadU(d, c + i * ldc + j * lanes) : hn::Zero(d);
  }
  for (int64_t k = 0; k < depth; ++k, a += along_a, b += along_b) {
    const auto left = hn::LoadU(d, b), right = hn::LoadU(d, b + lanes);
    for (int64_t i = 0; i < kRows; ++i) {
      const auto factor = hn::Set(d, a[i * rows]);
      sums[i][0] = hn::MulAdd(factor, left, sums[i][0]);
      sums[i][1] = hn::MulAdd(factor, right, sums[i][1]);
    }
  }
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < 2; ++j) hn::StoreU(sums[i][j], d, c + i * ldc + j * lanes);
  }
}

// The step between vectors: two of these make up what Columns does.
int64_t Step() { return static_cast<int64_t>(2 * hn::Lanes(hn::CappedTag<double, kColumns / 2>())); }

void Tile(const double* a, const double* b, int64_t depth, bool add, double* c, int64_t ldc) {
  for (int64_t j = 0; j < kColumns; j += Step())
    Columns<kColumns / 2, true>(a, 1, kRows, b + j, kColumns, depth, add, c + j, ldc);
}

// The same for an a that lies as it came.
void LooseTile(const double* a, int64_t rows, int64_t along_a, const double* b, int64_t along_b,
               int64_t depth, bool add, double* c, int64_t ldc) {
  for (int64_t j = 0; j < kColumns; j += Step())
    Columns<kColumns / 2, false>(a, rows, along_a, b + j, along_b, depth, add, c + j, ldc);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Tile);
HWY_EXPORT(LooseTile);

namespace {

/// Panels of so many rows of both operands at a time: the one of b stays in the nearest cache.
constexpr int64_t kDepth = 256;
constexpr int64_t kRows = DoubleGemm::kRows, kColumns = DoubleGemm::kColumns;
/// Terms of lines that are not packed.
constexpr int64_t kShort = 64;
/// What a thread takes at a time: so many panels of a, which stay in the second cache, by so many of b.
constexpr int64_t kTall = 16, kWide = 16;

int64_t panels(int64_t extent, int64_t each) { return (extent + each - 1) / each; }

// `inside` lines of `depth` numbers, element by element side by side in a panel of `each`; what is missing is
// 0. `along` and `across`: steps between elements of the operand along the depth and across it, one of
// them 1.
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
      for (int64_t at = k; at < end; ++at) to[at * each + i] = from[at + i * across];
    }
    for (int64_t at = k; at < end; ++at) std::fill(to + at * each + inside, to + (at + 1) * each, 0.0);
  }
}

void pack(const double* from, int64_t extent, int64_t depth, int64_t each, int64_t along, int64_t across,
          double* to) {
  const int64_t count = panels(extent, each);
  lamina::parallel_for(count, std::max<int64_t>(1, 16384 / (depth * each)), [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel)
      pack_panel(from + panel * each * across, std::min(each, extent - panel * each), depth, each, along,
                 across, to + panel * each * depth);
  });
}

// Operands that stay in the nearest caches are read where they lie: packing them would take as long as
// multiplying. The last tile may lie over the one before, so that none is cut.
bool is_small(const DoubleGemm& g, bool add) {
  return g.m >= kRows && g.n >= kColumns && !add && g.k * (g.m + g.n) <= 1 << 14 &&
         g.m * g.n * g.k <= 1 << 20;
}

void run_small(const DoubleGemm& g, const double* a, const double* b, double* c, double* memory) {
  const int64_t rows = g.transpose_a ? 1 : g.k, along_a = g.transpose_a ? g.m : 1;
  for (int64_t column = 0; column < g.n; column += kColumns) {
    const int64_t j = std::min(column, g.n - kColumns);
    if (g.transpose_b) pack_panel(b + j * g.k, kColumns, g.k, kColumns, 1, g.k, memory);
    const double* const right = g.transpose_b ? memory : b + j;
    for (int64_t row = 0; row < g.m; row += kRows) {
      const int64_t i = std::min(row, g.m - kRows);
      HWY_DYNAMIC_DISPATCH(LooseTile)
      (a + i * rows, rows, along_a, right, g.transpose_b ? kColumns : g.n, g.k, false, c + i * g.n + j, g.n);
    }
  }
}

// Rows and columns of tiles that a thread takes at a time: fewer, where there are too few pieces for several
// threads.
struct Piece {
  int64_t tall = kTall, wide = kWide;

  Piece(int64_t rows, int64_t columns) {
    constexpr int64_t kPieces = 16;
    while (tall * wide > 1 && panels(rows, tall) * panels(columns, wide) < kPieces)
      (tall >= wide ? tall : wide) /= 2;
  }
};

}  // namespace

size_t DoubleGemm::workspace() const {
  return static_cast<size_t>((panels(m, kRows) * kRows + panels(n, kColumns) * kColumns) * k) *
         sizeof(double);
}

void DoubleGemm::run(const double* a, const double* b, double* c, double* memory, bool add) const {
  if (is_small(*this, add)) return run_small(*this, a, b, c, memory);
  const int64_t tall = panels(m, kRows), wide = panels(n, kColumns);
  double *const packed_a = memory, *const packed_b = memory + tall * kRows * k;
  // Short lines of a are read where they lie: packed, each number would be used a few times only.
  const int64_t lying = !transpose_a && k <= kShort ? m / kRows : 0;
  if (lying < tall)
    pack(a + lying * kRows * k, m - lying * kRows, k, kRows, transpose_a ? m : 1, transpose_a ? 1 : k,
         packed_a + lying * kRows * k);
  pack(b, n, k, kColumns, transpose_b ? 1 : n, transpose_b ? k : 1, packed_b);

  const auto one = [&](int64_t i, int64_t j, int64_t from, int64_t depth) {
    const bool sums = add || from > 0;
    const int64_t row = i * kRows, column = j * kColumns, rows = std::min(kRows, m - row),
                  columns = std::min(kColumns, n - column);
    const double* const right = packed_b + (j * k + from) * kColumns;
    const auto tile = [&](double* to, int64_t ldc) {
      if (i < lying)
        HWY_DYNAMIC_DISPATCH(LooseTile)(a + row * k + from, k, 1, right, kColumns, depth, sums, to, ldc);
      else
        HWY_DYNAMIC_DISPATCH(Tile)(packed_a + (i * k + from) * kRows, right, depth, sums, to, ldc);
    };
    double* const to = c + row * n + column;
    if (rows == kRows && columns == kColumns) return tile(to, n);
    double edge[kRows * kColumns];
    for (int64_t y = 0; y < rows; ++y) std::copy_n(to + y * n, sums ? columns : 0, edge + y * kColumns);
    tile(edge, kColumns);
    for (int64_t y = 0; y < rows; ++y) std::copy_n(edge + y * kColumns, columns, to + y * n);
  };
  const Piece piece(tall, wide);
  const int64_t across = panels(wide, piece.wide), parts = panels(tall, piece.tall) * across;
  // A multiplication takes about a twentieth of a nanosecond.
  const auto grain =
      static_cast<int64_t>(100'000 / (piece.tall * kRows * piece.wide * kColumns * std::max<int64_t>(1, k)));
  lamina::parallel_for(parts, std::max<int64_t>(1, grain), [&](int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part) {
      const int64_t top = part / across * piece.tall, left = part % across * piece.wide;
      const int64_t bottom = std::min(tall, top + piece.tall), right = std::min(wide, left + piece.wide);
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
