// Vectorised over columns of the result: tiles of up to 6 rows by 2 vectors stay in registers while k runs.
// Operands are read where they lie; only a transposed b, and the columns that fill no whole vector, are
// copied first.
#include "lamina/ops/detail/small_gemm.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/small_gemm.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <cstring>

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

template <int kRows, int kVectors, class D>
HWY_INLINE void run_tile(D d, const Tile& t) {
  using V = hn::Vec<D>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum[kRows][kVectors];
  unroll<kVectors>([&](auto v) HWY_ATTR {
    const V start = t.bias ? hn::LoadU(d, t.bias + v * lanes) : hn::Zero(d);
    unroll<kRows>([&](auto i) HWY_ATTR { sum[i][v] = start; });
  });
  const float* HWY_RESTRICT a = t.a;
  const float* HWY_RESTRICT b = t.b;
  const int64_t a_row = t.a_row;
  const int64_t a_k = t.a_k;
  const int64_t b_k = t.b_k;
  for (int64_t k = t.k; k > 0; --k, a += a_k, b += b_k) {
    V row[kVectors];
    unroll<kVectors>([&](auto v) HWY_ATTR { row[v] = hn::LoadU(d, b + v * lanes); });
    unroll<kRows>([&](auto i) HWY_ATTR {
      const V x = hn::Set(d, a[i * a_row]);
      unroll<kVectors>([&](auto v) HWY_ATTR { sum[i][v] = hn::MulAdd(x, row[v], sum[i][v]); });
    });
  }
  unroll<kRows>([&](auto i) HWY_ATTR {
    unroll<kVectors>([&](auto v) HWY_ATTR {
      V value = sum[i][v];
      if (t.relu) value = hn::IfThenZeroElse(hn::Le(value, hn::Zero(d)), value);
      hn::StoreU(value, d, t.c + i * t.c_row + v * lanes);
    });
  });
}

template <int kVectors, class D>
HWY_NOINLINE void run_rows(D d, const Tile& t, int64_t rows) {
  switch (rows) {
    case 1:
      return run_tile<1, kVectors>(d, t);
    case 2:
      return run_tile<2, kVectors>(d, t);
    case 3:
      return run_tile<3, kVectors>(d, t);
    case 4:
      return run_tile<4, kVectors>(d, t);
    case 5:
      return run_tile<5, kVectors>(d, t);
    default:
      return run_tile<6, kVectors>(d, t);
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

/// The columns that fill no tile of two vectors: none, one whole vector (kept in place), or `vectors` of them
/// that are copied with zeros behind.
struct Edge {
  int64_t columns, vectors;
};
Edge edge_of(int64_t n) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(hn::ScalableTag<float>()));
  // Unsigned, so that the compiler can bound the copies.
  const auto columns = static_cast<int64_t>(static_cast<uint64_t>(n) % static_cast<uint64_t>(2 * lanes));
  if (columns == 0 || columns == lanes) return {0, 0};
  return {columns, columns < lanes ? 1 : 2};
}

/// rows x `wide` from rows x `narrow`, zeros behind each row.
void widen_rows(const float* from, int64_t from_row, int64_t narrow, float* to, int64_t wide, int64_t rows) {
  for (int64_t r = 0; r < rows; ++r) {
    std::memcpy(to + r * wide, from + r * from_row, static_cast<size_t>(narrow) * sizeof(float));
    std::memset(to + r * wide + narrow, 0, static_cast<size_t>(wide - narrow) * sizeof(float));
  }
}

void Gemm(const SmallGemm& g, const float* a, const float* b, const float* bias, float* c, float* workspace) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Edge edge = edge_of(g.n);
  const int64_t wide = edge.vectors * lanes;
  const int64_t whole = g.n - edge.columns;
  float* const edge_b = workspace;
  float* const edge_c = edge_b + g.k * wide;
  float* const edge_bias = edge_c + g.m * wide;
  float* const turned = edge_bias + wide;
  if (g.transpose_b) {
    transpose(b, g.k, turned, g.n, g.n, g.k);
    b = turned;
  }
  if (edge.columns) {
    widen_rows(b + whole, g.n, edge.columns, edge_b, wide, g.k);
    if (bias) widen_rows(bias + whole, 0, edge.columns, edge_bias, wide, 1);
  }

  const int64_t tiles = (g.m + 5) / 6;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t first = g.m * tile / tiles;
    const int64_t rows = g.m * (tile + 1) / tiles - first;
    const float* const a_tile = g.transpose_a ? a + first : a + first * g.k;
    const int64_t a_row = g.transpose_a ? 1 : g.k;
    const int64_t a_k = g.transpose_a ? g.m : 1;
    const auto part = [&](int64_t j) {
      return Tile{a_tile, a_row, a_k,   b + j, g.n, bias ? bias + j : nullptr, c + first * g.n + j,
                  g.n,    g.k,   g.relu};
    };
    int64_t j = 0;
    for (; j + 2 * lanes <= whole; j += 2 * lanes) run_rows<2>(d, part(j), rows);
    if (j < whole) run_rows<1>(d, part(j), rows);
    if (edge.columns) {
      const Tile last{a_tile, a_row, a_k,   edge_b, wide, bias ? edge_bias : nullptr, edge_c + first * wide,
                      wide,   g.k,   g.relu};
      edge.vectors == 1 ? run_rows<1>(d, last, rows) : run_rows<2>(d, last, rows);
    }
  }
  for (int64_t i = 0; edge.columns && i < g.m; ++i) {
    std::memcpy(c + i * g.n + whole, edge_c + i * wide, static_cast<size_t>(edge.columns) * sizeof(float));
  }
}

int64_t Workspace(const SmallGemm& g) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(hn::ScalableTag<float>()));
  const int64_t turned = g.transpose_b ? g.n * g.k : 0;
  return (g.k + g.m + 1) * edge_of(g.n).vectors * lanes + turned;
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(Gemm);
HWY_EXPORT(Workspace);

size_t SmallGemm::workspace() const {
  return static_cast<size_t>(HWY_DYNAMIC_DISPATCH(Workspace)(*this)) * sizeof(float);
}

void small_gemm(const SmallGemm& gemm, const float* a, const float* b, const float* bias, float* c,
                float* workspace) {
  HWY_DYNAMIC_DISPATCH(Gemm)(gemm, a, b, bias, c, workspace);
}

}  // namespace lamina::detail
#endif
