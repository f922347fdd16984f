// Singular vectors.
#include <algorithm>
#include <cmath>

#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/bidiagonal.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/large.h"
#include "lamina/ops/linalg/detail/scale.h"
#include "lamina/ops/linalg/detail/tiles.h"

namespace lamina::detail {

template <class T>
SingularFactors<T>::SingularFactors(int m, int n, bool full) : m_(m), n_(n), width_(full ? m : n) {
  const auto side = static_cast<size_t>(n);
  numbers_ = std::max(3 * side * side + 4 * side, static_cast<size_t>(bidiagonal_workspace(m, n)));
}

template <class T>
size_t SingularFactors<T>::workspace() const {
  const auto n = static_cast<size_t>(n_);
  return aligned(numbers_ * sizeof(T)) + aligned(8 * n * sizeof(int)) + 3 * aligned(n * sizeof(T)) +
         static_cast<size_t>(pieces_of(width_, kVectors)) *
             aligned(static_cast<size_t>(reflecting(kVectors)) * sizeof(T));
}

template <class T>
int SingularFactors<T>::run(T* a, T* values, T* u, T* vt, std::byte* workspace) const {
  const Lapack<T>& functions = lapack<T>();
  const int m = m_, n = n_;
  const auto side = static_cast<size_t>(n);
  WorkspaceParts parts{workspace};
  T* work = parts.take<T>(numbers_);
  int* iwork = parts.take<int>(8 * side);
  T *beside = parts.take<T>(side), *tauq = parts.take<T>(side), *taup = parts.take<T>(side);

  T largest = 0;
  for (int64_t i = 0; i < int64_t{m} * n; ++i) largest = std::max(largest, std::abs(a[i]));
  const T scale = scale_of(largest);
  if (scale != 1) std::transform(a, a + int64_t{m} * n, a, [=](T x) { return x * scale; });

  make_bidiagonal(m, n, a, values, beside, tauq, taup, work);
  std::fill(u, u + int64_t{m} * width_, T{0});
  for (int i = n; i < width_; ++i) u[i + int64_t{i} * m] = 1;
  int info = 0;
  functions.bdsdc("U", "I", &n, values, beside, u, &m, vt, &n, nullptr, nullptr, work, iwork, &info, 1, 1);
  if (info != 0) return info;
  const int numbers = reflecting(kVectors);
  const size_t piece = aligned(static_cast<size_t>(numbers) * sizeof(T));
  const auto own = [&](int first) {
    return reinterpret_cast<T*>(parts.rest + static_cast<size_t>(first / kVectors) * piece);
  };
  for_each_tile(width_, kVectors, 4.0 * m * n * width_, [&](int first, int last) {
    const int columns = last - first;
    int failed = 0;
    functions.ormbr("Q", "L", "N", &m, &columns, &n, a, &m, tauq, u + int64_t{first} * m, &m, own(first),
                    &numbers, &failed, 1, 1, 1);
  });
  for_each_tile(n, kVectors, 4.0 * n * n * n, [&](int first, int last) {
    const int rows = last - first;
    int failed = 0;
    functions.ormbr("P", "R", "T", &rows, &n, &n, a, &m, taup, vt + first, &n, own(first), &numbers, &failed,
                    1, 1, 1);
  });
  if (scale != 1) std::transform(values, values + n, values, [=](T x) { return x / scale; });
  return 0;
}

template class SingularFactors<float>;
template class SingularFactors<double>;

}  // namespace lamina::detail
