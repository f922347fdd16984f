// Eigenvectors of symmetric matrices.
#include <algorithm>
#include <cmath>

#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/large.h"
#include "lamina/ops/linalg/detail/scale.h"
#include "lamina/ops/linalg/detail/tiles.h"
#include "lamina/ops/linalg/detail/tridiagonal.h"

namespace lamina::detail {

template <class T>
SymmetricFactors<T>::SymmetricFactors(int n) : n_(n) {
  if (n == 0) return;
  const Lapack<T>& functions = lapack<T>();
  const int ask = -1;
  int info = 0;
  T wanted = 1;
  if (n < kLarge) {
    functions.syevd("V", "U", &n, nullptr, &n, nullptr, &wanted, &ask, &whole_, &ask, &info, 1, 1);
    numbers_ = static_cast<int>(wanted);
    return;
  }
  functions.stedc("I", &n, nullptr, nullptr, nullptr, &n, &wanted, &ask, &whole_, &ask, &info, 1);
  numbers_ = std::max(static_cast<int>(wanted), static_cast<int>(tridiagonal_workspace(n)));
}

template <class T>
size_t SymmetricFactors<T>::workspace() const {
  const size_t own =
      aligned(static_cast<size_t>(numbers_) * sizeof(T)) + aligned(static_cast<size_t>(whole_) * sizeof(int));
  if (n_ < kLarge) return own;
  const auto side = static_cast<size_t>(n_);
  return own + aligned(side * side * sizeof(T)) + 2 * aligned(side * sizeof(T)) +
         static_cast<size_t>(pieces_of(n_, kVectors)) *
             aligned(static_cast<size_t>(reflecting(kVectors)) * sizeof(T));
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
  functions.stedc("I", &n, values, beside, vectors, &n, work, &numbers_, iwork, &whole_, &info, 1);
  if (info != 0) return info;
  const int numbers = reflecting(kVectors);
  const size_t piece = aligned(static_cast<size_t>(numbers) * sizeof(T));
  for_each_tile(n, kVectors, 2.0 * n * n * n, [&](int first, int last) {
    const int count = last - first;
    auto* own = reinterpret_cast<T*>(parts.rest + static_cast<size_t>(first / kVectors) * piece);
    int failed = 0;
    functions.ormtr("L", "U", "N", &n, &count, a, &n, tau, vectors + int64_t{first} * n, &n, own, &numbers,
                    &failed, 1, 1, 1);
  });
  std::copy(vectors, vectors + side * side, a);
  if (scale != 1) std::transform(values, values + n, values, [=](T x) { return x / scale; });
  return 0;
}

template class SymmetricFactors<float>;
template class SymmetricFactors<double>;

}  // namespace lamina::detail
