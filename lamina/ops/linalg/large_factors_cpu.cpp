// Factors and triangles, tile by tile.
#include "lamina/ops/linalg/detail/large.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/tiles.h"

namespace lamina::detail {
namespace {

constexpr int kPanel = 64;  // columns of a panel, which one thread factors
constexpr int kTile = 128;  // columns, or rows, of a piece of work behind it

template <class T>
void exchange_rows(T* a, int64_t rows, int first, int last, int from, int to, const int* pivots) {
  for (int column = first; column < last; ++column) {
    for (int row = from; row < to; ++row)
      std::swap(a[column * rows + row], a[column * rows + pivots[row] - 1]);
  }
}

}  // namespace

template <class T>
int factor_cholesky(int n, T* a) {
  const Lapack<T>& functions = lapack<T>();
  const int panel = n < kLarge ? n : kPanel;
  const T one = 1, minus = -1;
  for (int k = 0; k < n; k += panel) {
    const int width = std::min(panel, n - k), after = k + width, rest = n - after;
    T* corner = a + k + int64_t{k} * n;
    int info = 0;
    functions.potrf("U", &width, corner, &n, &info, 1);
    if (info != 0) return k + info;
    T* right = corner + int64_t{width} * n;  // of the corner, above what is left
    for_each_tile(rest, kTile, static_cast<double>(width) * width * rest, [&](int first, int last) {
      const int columns = last - first;
      functions.trsm("L", "U", "T", "N", &width, &columns, &one, corner, &n, right + int64_t{first} * n, &n,
                     1, 1, 1, 1);
    });
    for_each_tile(rest, kTile, static_cast<double>(width) * rest * rest, [&](int first, int last) {
      const int columns = last - first;
      functions.gemm("T", "N", &last, &columns, &width, &minus, right, &n, right + int64_t{first} * n, &n,
                     &one, a + after + int64_t{after + first} * n, &n, 1, 1);
    });
  }
  return 0;
}

template <class T>
int factor_lu(int m, int n, T* a, int* pivots) {
  const Lapack<T>& functions = lapack<T>();
  const int least = std::min(m, n), panel = least < kLarge ? least : kPanel;
  const T one = 1, minus = -1;
  int zero = 0;
  for (int k = 0; k < least; k += panel) {
    const int width = std::min(panel, least - k), after = k + width, below = m - k, rest = m - after;
    T* corner = a + k + int64_t{k} * m;
    int info = 0;
    functions.getrf(&below, &width, corner, &m, pivots + k, &info);
    if (info > 0 && zero == 0) zero = k + info;
    for (int i = k; i < after; ++i) pivots[i] += k;
    exchange_rows(a, m, 0, k, k, after, pivots);
    for_each_tile(n - after, kTile, 2.0 * width * rest * (n - after), [&](int first, int last) {
      const int columns = last - first;
      exchange_rows(a, m, after + first, after + last, k, after, pivots);
      T* tile = a + k + int64_t{after + first} * m;
      functions.trsm("L", "L", "N", "U", &width, &columns, &one, corner, &m, tile, &m, 1, 1, 1, 1);
      if (rest > 0)
        functions.gemm("N", "N", &rest, &columns, &width, &minus, corner + width, &m, tile, &m, &one,
                       tile + width, &m, 1, 1);
    });
  }
  return zero;
}

template <class T>
void divide_by_triangle(const char* uplo, const char* diagonal, const T* a, int n, int k, T* x) {
  const T one = 1;
  for_each_tile(k, kTile, static_cast<double>(n) * n * k, [&](int first, int last) {
    const int rows = last - first;
    lapack<T>().trsm("R", uplo, "N", diagonal, &rows, &n, &one, a, &n, x + first, &k, 1, 1, 1, 1);
  });
}

template <class T>
void invert_upper_triangle(const T* a, int n, T* x) {
  const T one = 1;
  for_each_tile(n, kTile, static_cast<double>(n) * n * n / 3, [&](int first, int last) {
    // Rows of the identity, and of its quotient, are zeros before their own columns.
    const int rows = last - first, columns = n - first;
    for (int column = 0; column < n; ++column) {
      T* part = x + first + int64_t{column} * n;
      std::fill(part, part + rows, T{0});
      if (column >= first && column < last) part[column - first] = 1;
    }
    const int64_t corner = first + int64_t{first} * n;
    lapack<T>().trsm("R", "U", "N", "N", &rows, &columns, &one, a + corner, &n, x + corner, &n, 1, 1, 1, 1);
  });
}

template int factor_cholesky(int, float*);
template int factor_cholesky(int, double*);
template int factor_lu(int, int, float*, int*);
template int factor_lu(int, int, double*, int*);
template void divide_by_triangle(const char*, const char*, const float*, int, int, float*);
template void divide_by_triangle(const char*, const char*, const double*, int, int, double*);
template void invert_upper_triangle(const float*, int, float*);
template void invert_upper_triangle(const double*, int, double*);

}  // namespace lamina::detail
