// Vectorised over columns of the result: tiles of up to 6 rows by 2 vectors, or of one row by 8, stay in
// registers while k runs. Operands are read where they lie; only a transposed b is copied first.
#include "lamina/ops/detail/small_gemm.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/small_gemm.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Where a tile's operands start, and the elements from one step to the next.
struct Tile {
  const float* a;
  int64_t a_row, a_k;
  const float* b;
  int64_t b_k;
  const float* bias;
  float* c;
  int64_t c_row;
  int64_t k;
  bool relu;
};

/// The tile's columns from `column` on. `kApart`: the last vector begins `last` columns further right, not
/// beside the one before it.
template <int kRows, int kVectors, bool kApart, class D>
HWY_INLINE void run_tile(D d, const Tile& t, int64_t column, int64_t last) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto at = [&](int64_t v) HWY_ATTR { return kApart && v + 1 == kVectors ? last : v * lanes; };
  V sum[kRows][kVectors];
  unroll<kVectors>([&](auto v) HWY_ATTR {
    const V start = t.bias ? hn::LoadU(d, t.bias + column + at(v)) : hn::Zero(d);
    unroll<kRows>([&](auto i) HWY_ATTR { sum[i][v] = start; });
  });
  const float* HWY_RESTRICT a = t.a;
  const float* HWY_RESTRICT b = t.b + column;
  const int64_t a_row = t.a_row;
  const int64_t a_k = t.a_k;
  const int64_t b_k = t.b_k;
  for (int64_t k = t.k; k > 0; --k, a += a_k, b += b_k) {
    V row[kVectors];
    unroll<kVectors>([&](auto v) HWY_ATTR { row[v] = hn::LoadU(d, b + at(v)); });
    unroll<kRows>([&](auto i) HWY_ATTR {
      const V x = hn::Set(d, a[i * a_row]);
      unroll<kVectors>([&](auto v) HWY_ATTR { sum[i][v] = hn::MulAdd(x, row[v], sum[i][v]); });
    });
  }
  unroll<kRows>([&](auto i) HWY_ATTR {
    unroll<kVectors>([&](auto v) HWY_ATTR {
      V value = sum[i][v];
      if (t.relu) value = hn::IfThenZeroElse(hn::Le(value, hn::Zero(d)), value);
      hn::StoreU(value, d, t.c + i * t.c_row + column + at(v));
    });
  });
}

template <int kVectors, bool kApart, class D>
HWY_NOINLINE void run_rows(D d, const Tile& t, int64_t rows, int64_t column, int64_t last = 0) {
  switch (rows) {
    case 1:
      return run_tile<1, kVectors, kApart>(d, t, column, last);
    case 2:
      return run_tile<2, kVectors, kApart>(d, t, column, last);
    case 3:
      return run_tile<3, kVectors, kApart>(d, t, column, last);
    case 4:
      return run_tile<4, kVectors, kApart>(d, t, column, last);
    case 5:
      return run_tile<5, kVectors, kApart>(d, t, column, last);
    default:
      return run_tile<6, kVectors, kApart>(d, t, column, last);
  }
}

/// to(columns, rows) from from(rows, columns), both with row strides.
void transpose(const float* from, int64_t from_row, float* to, int64_t to_row, int64_t rows,
               int64_t columns) {
  int64_t r = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> d;
  for (; r + 4 <= rows; r += 4) {
    int64_t c = 0;
    for (; c + 4 <= columns; c += 4) {
      const float* p = from + r * from_row + c;
      const auto v0 = hn::LoadU(d, p), v1 = hn::LoadU(d, p + from_row);
      const auto v2 = hn::LoadU(d, p + 2 * from_row), v3 = hn::LoadU(d, p + 3 * from_row);
      const auto a = hn::InterleaveLower(d, v0, v2), b = hn::InterleaveLower(d, v1, v3);
      const auto e = hn::InterleaveUpper(d, v0, v2), f = hn::InterleaveUpper(d, v1, v3);
      float* q = to + c * to_row + r;
      hn::StoreU(hn::InterleaveLower(d, a, b), d, q);
      hn::StoreU(hn::InterleaveUpper(d, a, b), d, q + to_row);
      hn::StoreU(hn::InterleaveLower(d, e, f), d, q + 2 * to_row);
      hn::StoreU(hn::InterleaveUpper(d, e, f), d, q + 3 * to_row);
    }
    for (; c < columns; ++c) {
      for (int64_t i = 0; i < 4; ++i) to[c * to_row + r + i] = from[(r + i) * from_row + c];
    }
  }
#endif
  for (; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) to[c * to_row + r] = from[r * from_row + c];
  }
}

/// All columns of the tile's rows that are left, in vectors of D or narrower ones. Columns that fill no whole
/// vector are part of one that begins further left: what it computes again comes out the same.
template <class D>
void run_columns(D d, const Tile& t, int64_t rows, int64_t columns) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  if constexpr (hn::MaxLanes(D()) > 1) {
    if (columns < lanes) return run_columns(hn::Half<D>(), t, rows, columns);
  }
  int64_t column = 0;
  if (rows == 1) {
    // Few sums hide no addition's latency; and the matrix is read in one go.
    for (; column + 8 * lanes <= columns; column += 8 * lanes) run_tile<1, 8, false>(d, t, column, 0);
    for (; column + 4 * lanes <= columns; column += 4 * lanes) run_tile<1, 4, false>(d, t, column, 0);
  }
  for (; column + 2 * lanes <= columns; column += 2 * lanes) run_rows<2, false>(d, t, rows, column);
  const int64_t left = columns - column;
  if (left > lanes) return run_rows<2, true>(d, t, rows, column, left - lanes);
  if (left > 0) return run_rows<1, false>(d, t, rows, columns - lanes);
}

void Gemm(const SmallGemm& g, const float* a, const float* b, const float* bias, float* c, float* workspace) {
  if (g.transpose_b) {
    transpose(b, g.k, workspace, g.n, g.n, g.k);
    b = workspace;
  }
  const int64_t tiles = (g.m + 5) / 6;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t first = g.m * tile / tiles;
    const int64_t rows = g.m * (tile + 1) / tiles - first;
    const Tile t{.a = g.transpose_a ? a + first : a + first * g.k,
                 .a_row = g.transpose_a ? 1 : g.k,
                 .a_k = g.transpose_a ? g.m : 1,
                 .b = b,
                 .b_k = g.n,
                 .bias = bias,
                 .c = c + first * g.n,
                 .c_row = g.n,
                 .k = g.k,
                 .relu = g.relu};
    run_columns(hn::ScalableTag<float>(), t, rows, g.n);
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Gemm);

size_t SmallGemm::workspace() const { return transpose_b ? static_cast<size_t>(n * k) * sizeof(float) : 0; }

void small_gemm(const SmallGemm& gemm, const float* a, const float* b, const float* bias, float* c,
                float* workspace) {
  HWY_DYNAMIC_DISPATCH(Gemm)(gemm, a, b, bias, c, workspace);
}

}  // namespace lamina::detail
#endif
