// Eigenvectors of symmetric matrices.
#include <algorithm>
#include <cmath>

#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/large.h"
#include "lamina/ops/linalg/detail/scale.h"
#include "lamina/ops/linalg/detail/tiles.h"
#include "lamina/ops/linalg/detail/tridiagonal.h"
#include "lamina/ops/linalg/detail/tridiagonal_eigen.h"

namespace lamina::detail {

namespace {

/// Reflectors that are applied as one product, and vectors that stay in the second cache while all are.
constexpr int kReflectors = 64, kTile = 64;

int panels_of(int n) { return pieces_of(n - 1, kReflectors); }

/// Bytes that `reflect` wants.
template <class T>
size_t reflecting_bytes(int n) {
  return aligned(static_cast<size_t>(panels_of(n)) * kReflectors * kReflectors * sizeof(T)) +
         static_cast<size_t>(pieces_of(n, kTile)) * aligned(size_t{kTile} * kReflectors * sizeof(T));
}

/// Each column of c (n × n) becomes the product of make_tridiagonal's reflectors, in a and tau, and itself.
/// What ormtr does, which reads a tile's vectors from memory for each few reflectors.
template <class T>
void reflect(int n, const T* a, const T* tau, T* c, WorkspaceParts parts) {
  const Lapack<T>& functions = lapack<T>();
  constexpr int64_t kBlock = int64_t{kReflectors} * kReflectors;
  T* const blocks = parts.take<T>(static_cast<size_t>(panels_of(n) * kBlock));
  // Reflector i is column i + 1 of a, up to row i.
  const auto width = [&](int panel) { return std::min(kReflectors, n - 1 - panel * kReflectors); };
  const auto panel_of = [&](int panel) { return a + (int64_t{panel} * kReflectors + 1) * n; };
  for_each_part(panels_of(n), 0.05 * n * n * kReflectors, [&](int panel) {
    const int count = width(panel), rows = panel * kReflectors + count;
    functions.larft("B", "C", &rows, &count, panel_of(panel), &n, tau + int64_t{panel} * kReflectors,
                    blocks + panel * kBlock, &kReflectors, 1, 1);
  });
  for_each_tile(n, kTile, 2.0 * n * n * n, [&](int first, int last) {
    const int columns = last - first;
    auto* const own = reinterpret_cast<T*>(parts.rest + static_cast<size_t>(first / kTile) *
                                                            aligned(size_t{kTile} * kReflectors * sizeof(T)));
    for (int panel = 0; panel < panels_of(n); ++panel) {
      const int count = width(panel), rows = panel * kReflectors + count;
      functions.larfb("L", "N", "B", "C", &rows, &columns, &count, panel_of(panel), &n,
                      blocks + panel * kBlock, &kReflectors, c + int64_t{first} * n, &n, own, &columns, 1, 1,
                      1, 1);
    }
  });
}

}  // namespace

template <class T>
SymmetricFactors<T>::SymmetricFactors(int n) : n_(n) {
  if (n == 0) return;
  if (n < kLarge) {
    const int ask = -1;
    int info = 0;
    T wanted = 1;
    lapack<T>().syevd("V", "U", &n, nullptr, &n, nullptr, &wanted, &ask, &whole_, &ask, &info, 1, 1);
    numbers_ = static_cast<int>(wanted);
    return;
  }
  numbers_ = static_cast<int>(tridiagonal_workspace(n));
}

template <class T>
size_t SymmetricFactors<T>::workspace() const {
  const size_t own =
      aligned(static_cast<size_t>(numbers_) * sizeof(T)) + aligned(static_cast<size_t>(whole_) * sizeof(int));
  if (n_ < kLarge) return own;
  const auto side = static_cast<size_t>(n_);
  return own + aligned(side * side * sizeof(T)) + 2 * aligned(side * sizeof(T)) +
         std::max(TridiagonalEigen<T>(n_).workspace(), reflecting_bytes<T>(n_));
}

template <class T>
int SymmetricFactors<T>::run(T* a, T* values, std::byte* workspace) const {
  const Lapack<T>& functions = lapack<T>();
  const int n = n_;
  WorkspaceParts parts{workspace};
  T* work = parts.take<T>(static_cast<size_t>(numbers_));
  int* iwork = parts.take<int>(static_cast<size_t>(whole_));
  int info = 0;
  if (n < kLarge) {
    functions.syevd("V", "U", &n, a, &n, values, work, &numbers_, iwork, &whole_, &info, 1, 1);
    return info;
  }
  const auto side = static_cast<size_t>(n);
  T *vectors = parts.take<T>(side * side), *beside = parts.take<T>(side), *tau = parts.take<T>(side);

  T largest = 0;
  for (size_t column = 0; column < side; ++column) {
    for (size_t row = 0; row <= column; ++row) largest = std::max(largest, std::abs(a[row + column * side]));
  }
  const T scale = scale_of(largest);
  if (scale != 1) std::transform(a, a + side * side, a, [=](T x) { return x * scale; });

  make_tridiagonal(n, a, values, beside, tau, work);
  info = TridiagonalEigen<T>(n).run(values, beside, vectors, parts.rest);
  if (info != 0) return info;
  reflect(n, a, tau, vectors, parts);
  std::copy(vectors, vectors + side * side, a);
  if (scale != 1) std::transform(values, values + n, values, [=](T x) { return x / scale; });
  return 0;
}

template class SymmetricFactors<float>;
template class SymmetricFactors<double>;

}  // namespace lamina::detail
