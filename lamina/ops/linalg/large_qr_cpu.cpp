// Orthogonal factors.
#include <algorithm>

#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/large.h"
#include "lamina/ops/linalg/detail/tiles.h"

namespace lamina::detail {
namespace {

constexpr int kPanel = 64;  // columns of a panel, which one thread turns into reflectors
constexpr int kTile = 128;  // columns of a piece of work behind it

struct Extents {
  int m, n, width;

  int least() const { return std::min(m, n); }
  bool large() const { return least() >= kLarge; }
  size_t tiles() const { return static_cast<size_t>(pieces_of(std::max(n, width), kTile)); }
};

/// LAPACK's own numbers for all columns at once.
template <class T>
int whole_work(const Extents& x) {
  if (x.large() || x.least() == 0) return 1;
  const int ask = -1, least = x.least();
  T first = 1, second = 1;
  int info = 0;
  lapack<T>().geqrf(&x.m, &x.n, nullptr, &x.m, nullptr, &first, &ask, &info);
  lapack<T>().orgqr(&x.m, &x.width, &least, nullptr, &x.m, nullptr, &second, &ask, &info);
  return static_cast<int>(std::max(first, second));
}

template <class T>
void whole(const Extents& x, T* a, T* q, T* tau, T* work, int lwork) {
  const int least = x.least();
  int info = 0;
  if (x.n > 0) lapack<T>().geqrf(&x.m, &x.n, a, &x.m, tau, work, &lwork, &info);
  std::copy_n(a, int64_t{x.m} * std::min(x.n, x.width), q);
  if (x.width > 0) lapack<T>().orgqr(&x.m, &x.width, &least, q, &x.m, tau, work, &lwork, &info);
}

/// `block`: what makes a panel's reflectors one product; `work`: `numbers` for each tile.
template <class T>
void in_tiles(const Extents& x, T* a, T* q, T* tau, T* block, T* work, int numbers) {
  const Lapack<T>& functions = lapack<T>();
  const int m = x.m, least = x.least();
  const auto place = [&](int first) {
    return work + static_cast<size_t>(first / kTile) * static_cast<size_t>(numbers);
  };
  for (int k = 0; k < least; k += kPanel) {
    const int width = std::min(kPanel, least - k), below = m - k, after = k + width;
    T* corner = a + k + int64_t{k} * m;
    int info = 0;
    functions.geqrf(&below, &width, corner, &m, tau + k, work, &numbers, &info);
    functions.larft("F", "C", &below, &width, corner, &m, tau + k, block, &kPanel, 1, 1);
    for_each_tile(x.n - after, kTile, 4.0 * below * width * (x.n - after), [&](int first, int last) {
      const int columns = last - first;
      functions.larfb("L", "T", "F", "C", &below, &columns, &width, corner, &m, block, &kPanel,
                      a + k + int64_t{after + first} * m, &m, place(first), &columns, 1, 1, 1, 1);
    });
  }
  for_each_tile(x.width, kTile, 2.0 * m * least * x.width, [&](int first, int last) {
    // Columns of the identity: later reflectors than their own find zeros alone.
    const int columns = last - first, count = std::min(least, last);
    T* part = q + int64_t{first} * m;
    std::fill(part, part + int64_t{columns} * m, T{0});
    for (int i = 0; i < columns; ++i) part[first + i + int64_t{i} * m] = 1;
    int info = 0;
    functions.ormqr("L", "N", &m, &columns, &count, a, &m, tau, part, &m, place(first), &numbers, &info, 1,
                    1);
  });
}

}  // namespace

template <class T>
OrthogonalFactors<T>::OrthogonalFactors(int m, int n, int width)
    : m_(m), n_(n), width_(width), numbers_(whole_work<T>({m, n, width})) {}

template <class T>
size_t OrthogonalFactors<T>::workspace() const {
  const Extents x{m_, n_, width_};
  const size_t tau = aligned(static_cast<size_t>(x.least()) * sizeof(T));
  if (!x.large()) return tau + aligned(static_cast<size_t>(numbers_) * sizeof(T));
  return tau + (kPanel * kPanel + x.tiles() * static_cast<size_t>(reflecting(kTile))) * sizeof(T);
}

template <class T>
void OrthogonalFactors<T>::run(T* a, T* q, std::byte* workspace) const {
  const Extents x{m_, n_, width_};
  T* tau = reinterpret_cast<T*>(workspace);
  T* rest = reinterpret_cast<T*>(workspace + aligned(static_cast<size_t>(x.least()) * sizeof(T)));
  if (!x.large()) return whole(x, a, q, tau, rest, numbers_);
  in_tiles(x, a, q, tau, rest, rest + kPanel * kPanel, reflecting(kTile));
}

template class OrthogonalFactors<float>;
template class OrthogonalFactors<double>;

}  // namespace lamina::detail
