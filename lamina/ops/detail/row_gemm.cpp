// Tiles of a few rows by a panel of up to four vectors stay in registers while k runs. A panel of the packed
// matrix fits into the first cache and serves all tiles of rows before the next one is read.
#include "lamina/ops/detail/row_gemm.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/row_gemm.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>

#include <hwy/highway.h>
#include "lamina/ops/detail/unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// What fits into the registers beside a row of b: 32 of them, or 16.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kPanel = 4;
#else
constexpr int kPanel = 2;
#endif
constexpr int kRows = 6;

int64_t lanes() { return static_cast<int64_t>(hn::Lanes(D())); }
int64_t vectors_of(int64_t n) { return (n + lanes() - 1) / lanes(); }

int64_t PaddedColumns(int64_t n) { return vectors_of(n) * lanes(); }

void PackMatrix(const float* b, int64_t row, int64_t column, int64_t k, int64_t n, float* packed) {
  const int64_t padded = PaddedColumns(n);
  for (int64_t first = 0; first < padded; first += kPanel * lanes()) {
    const int64_t width = std::min(kPanel * lanes(), padded - first);
    const int64_t whole = std::min(width, n - first);
    for (int64_t i = 0; i < k; ++i, packed += width) {
      const float* from = b + i * row + first * column;
      for (int64_t j = 0; j < whole; ++j) packed[j] = from[j * column];
      std::fill(packed + whole, packed + width, 0.0f);
    }
  }
}

/// Where a tile's operands start.
struct Tile {
  const float* a;
  int64_t a_row, k;
  const float* b;
  float* c;
  int64_t c_row;
};

template <int rows, int vectors>
HWY_INLINE void run_tile(const Tile& t) {
  const D d;
  V sum[rows][vectors];
  unroll<rows>([&](auto i) HWY_ATTR {
    unroll<vectors>([&](auto v) HWY_ATTR { sum[i][v] = hn::LoadU(d, t.c + i * t.c_row + v * hn::Lanes(d)); });
  });
  const float* HWY_RESTRICT a = t.a;
  const float* HWY_RESTRICT b = t.b;
  const int64_t a_row = t.a_row;
  for (int64_t k = t.k; k > 0; --k, ++a, b += vectors * hn::Lanes(d)) {
    V line[vectors];
    unroll<vectors>([&](auto v) HWY_ATTR { line[v] = hn::LoadU(d, b + v * hn::Lanes(d)); });
    unroll<rows>([&](auto i) HWY_ATTR {
      const V x = hn::Set(d, a[i * a_row]);
      unroll<vectors>([&](auto v) HWY_ATTR { sum[i][v] = hn::MulAdd(x, line[v], sum[i][v]); });
    });
  }
  unroll<rows>([&](auto i) HWY_ATTR {
    unroll<vectors>([&](auto v) HWY_ATTR { hn::StoreU(sum[i][v], d, t.c + i * t.c_row + v * hn::Lanes(d)); });
  });
}

template <int vectors>
HWY_NOINLINE void run_rows(const Tile& t, int64_t rows) {
  switch (rows) {
    case 1:
      return run_tile<1, vectors>(t);
    case 2:
      return run_tile<2, vectors>(t);
    case 3:
      return run_tile<3, vectors>(t);
    case 4:
      return run_tile<4, vectors>(t);
    case 5:
      return run_tile<5, vectors>(t);
    default:
      return run_tile<6, vectors>(t);
  }
}

void run_panel(const Tile& t, int64_t rows, int64_t vectors) {
  switch (vectors) {
    case 1:
      return run_rows<1>(t, rows);
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
    case 2:
      return run_rows<2>(t, rows);
    case 3:
      return run_rows<3>(t, rows);
#endif
    default:
      return run_rows<kPanel>(t, rows);
  }
}

void AddProduct(int64_t rows, const float* a, int64_t a_row, int64_t k, const float* packed, int64_t n,
                float* c, int64_t c_row) {
  const int64_t all = vectors_of(n);
  const int64_t tiles = (rows + kRows - 1) / kRows;
  for (int64_t v = 0; v < all; v += kPanel) {
    const int64_t vectors = std::min<int64_t>(kPanel, all - v);
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t first = rows * tile / tiles;
      run_panel({a + first * a_row, a_row, k, packed, c + first * c_row + v * lanes(), c_row},
                rows * (tile + 1) / tiles - first, vectors);
    }
    packed += k * vectors * lanes();
  }
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(PaddedColumns);
HWY_EXPORT(PackMatrix);
HWY_EXPORT(AddProduct);

int64_t padded_columns(int64_t n) { return HWY_DYNAMIC_DISPATCH(PaddedColumns)(n); }

void pack_matrix(const float* b, int64_t row, int64_t column, int64_t k, int64_t n, float* packed) {
  HWY_DYNAMIC_DISPATCH(PackMatrix)(b, row, column, k, n, packed);
}

void add_product(int64_t rows, const float* a, int64_t a_row, int64_t k, const float* packed, int64_t n,
                 float* c, int64_t c_row) {
  HWY_DYNAMIC_DISPATCH(AddProduct)(rows, a, a_row, k, packed, n, c, c_row);
}

}  // namespace lamina::detail
#endif
