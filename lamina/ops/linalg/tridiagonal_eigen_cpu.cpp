// Tearing, joining, and the products of a join in tiles of columns.
#include "lamina/ops/linalg/detail/tridiagonal_eigen.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "lamina/ops/linalg/detail/batches.h"
#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/tiles.h"

namespace lamina::detail {
namespace {

constexpr int kPiece = 256;  // a larger one is torn again
constexpr int kTile = 64;    // columns, or rows, of a join that are one piece of work

/// Halves of halves, none larger than kPiece.
int pieces_for(int n) {
  int pieces = 1;
  while (pieces_of(n, pieces) > kPiece) pieces *= 2;
  return pieces;
}

/// y = a x of matrices column by column; 0 where there is nothing between them.
template <class T>
void multiply(int rows, int columns, int depth, const T* a, const T* x, int ldx, T* y, int ldy) {
  const T zero = 0, one = 1;
  if (depth > 0) {
    lapack<T>().gemm("N", "N", &rows, &columns, &depth, &one, a, &rows, x, &ldx, &zero, y, &ldy, 1, 1);
    return;
  }
  for (int j = 0; j < columns; ++j) std::fill_n(y + int64_t{j} * ldy, rows, zero);
}

}  // namespace

template <class T>
struct TridiagonalEigen<T>::Memory {
  T *columns, *halves, *products;                 ///< n × n
  T *values, *z, *poles, *w, *weights;            ///< n
  int *order, *sorted, *packed, *places, *kinds;  ///< n
  std::byte* pieces;

  Memory(int n, T* vectors, std::byte* workspace) : products(vectors) {
    const auto side = static_cast<size_t>(n);
    WorkspaceParts parts{workspace};
    for (T** each : {&columns, &halves}) *each = parts.take<T>(side * side);
    for (T** each : {&values, &z, &poles, &w, &weights}) *each = parts.take<T>(side);
    for (int** each : {&order, &sorted, &packed, &places, &kinds}) *each = parts.take<int>(side);
    pieces = parts.rest;
  }

  static size_t bytes(int n) {
    const auto side = static_cast<size_t>(n);
    return 2 * aligned(side * side * sizeof(T)) + 5 * aligned(side * sizeof(T)) +
           5 * aligned(side * sizeof(int));
  }
};

template <class T>
TridiagonalEigen<T>::TridiagonalEigen(int n) : n_(n), pieces_(pieces_for(n)) {
  const int ask = -1, longest = pieces_of(n, pieces_);
  int info = 0;
  T wanted = 1;
  lapack<T>().stedc("I", &longest, nullptr, nullptr, nullptr, &longest, &wanted, &ask, &whole_, &ask, &info,
                    1);
  numbers_ = static_cast<int>(wanted);
}

template <class T>
size_t TridiagonalEigen<T>::piece_bytes() const {
  return aligned(static_cast<size_t>(numbers_) * sizeof(T)) +
         aligned(static_cast<size_t>(whole_) * sizeof(int));
}

template <class T>
size_t TridiagonalEigen<T>::workspace() const {
  return Memory::bytes(n_) + static_cast<size_t>(pieces_) * piece_bytes();
}

template <class T>
int TridiagonalEigen<T>::solve_pieces(T* diagonal, T* beside, const Memory& memory) const {
  std::fill_n(memory.columns, int64_t{n_} * n_, T{0});
  std::atomic<int> failed = 0;
  const double side = pieces_of(n_, pieces_);
  for_each_part(pieces_, pieces_ * side * side * side, [&](int at) {
    const int first = begin_of(at), count = begin_of(at + 1) - first;
    WorkspaceParts parts{memory.pieces + static_cast<size_t>(at) * piece_bytes()};
    T* work = parts.take<T>(static_cast<size_t>(numbers_));
    int* iwork = parts.take<int>(static_cast<size_t>(whole_));
    int info = 0;
    lapack<T>().stedc("I", &count, diagonal + first, beside + first,
                      memory.columns + int64_t{first} * (n_ + 1), &n_, work, &numbers_, iwork, &whole_, &info,
                      1);
    if (info != 0) failed = info;
    std::iota(memory.order + first, memory.order + first + count, 1);
  });
  return failed;
}

// The matrix [first, last) is the two halves, whose eigenvectors are known, and `coupling` between them: a
// matrix of rank one in their eigenvectors' terms.
template <class T>
int TridiagonalEigen<T>::join(int first, int middle, int last, T coupling, T* diagonal,
                              const Memory& memory) const {
  const int n = last - first, upper = middle - first, ld = n_;
  T *const d = diagonal + first, *const q = memory.columns + int64_t{first} * (ld + 1);
  int* const order = memory.order + first;
  for (int j = 0; j < n; ++j) memory.z[j] = q[(j < upper ? upper - 1 : upper) + int64_t{j} * ld];

  // What does not change is set aside, behind the first k; of those come kinds of columns: not 0 in the upper
  // half alone, in both, in the lower alone.
  int k = 0, info = 0;
  std::fill_n(memory.kinds, 4, 0);  // laed2 leaves them alone where nothing changes
  lapack<T>().laed2(&k, &n, &upper, d, q, &ld, order, &coupling, memory.z, memory.poles, memory.w,
                    memory.halves, memory.sorted, memory.packed, memory.places, memory.kinds, &info);
  if (info != 0) return info;
  const int above = memory.kinds[0] + memory.kinds[1], below = memory.kinds[1] + memory.kinds[2];
  const double pairs = static_cast<double>(k) * k;

  // Column j becomes the distances of eigenvalue j from the poles.
  std::atomic<int> failed = 0;
  for_each_tile(k, kTile, 200 * pairs, [&](int from, int to) {
    for (int j = from; j < to; ++j) {
      const int counted = j + 1;
      int missed = 0;
      lapack<T>().laed4(&k, &counted, memory.poles, memory.w, q + int64_t{j} * ld, &coupling, d + j, &missed);
      if (missed != 0) failed = missed;
    }
  });
  if (failed != 0) return failed;

  // Gu and Eisenstat's weights: those of the matrix that has just these eigenvalues, so that vectors are
  // orthogonal.
  for_each_tile(k > 2 ? k : 0, kTile, 40 * pairs, [&](int from, int to) {
    for (int i = from; i < to; ++i) memory.weights[i] = q[i + int64_t{i} * ld];
    const auto times = [&](int j, int begin, int end) {
      const T* const distances = q + int64_t{j} * ld;
      const T pole = memory.poles[j];
      for (int i = begin; i < end; ++i) memory.weights[i] *= distances[i] / (memory.poles[i] - pole);
    };
    for (int j = 0; j < k; ++j) {
      times(j, from, std::min(to, j));
      times(j, std::max(from, j + 1), to);
    }
    for (int i = from; i < to; ++i)
      memory.weights[i] = std::copysign(std::sqrt(-memory.weights[i]), memory.w[i]);
  });

  for_each_tile(
      k, kTile, 2.0 * k * (static_cast<double>(upper) * above + static_cast<double>(n - upper) * below),
      [&](int from, int to) {
        T* const own = memory.products + int64_t{from} * k;
        for (int j = from; j < to; ++j) {
          T* const column = q + int64_t{j} * ld;
          double squares = 0;
          for (int i = 0; k > 2 && i < k; ++i) {
            column[i] = memory.weights[i] / column[i];
            squares += static_cast<double>(column[i]) * static_cast<double>(column[i]);
          }
          const T length = k > 2 ? static_cast<T>(std::sqrt(squares)) : T{1};
          for (int i = 0; i < k; ++i) own[i + int64_t{j - from} * k] = column[memory.packed[i] - 1] / length;
        }
        const T* const lower_half = memory.halves + int64_t{upper} * above;
        T* const results = q + int64_t{from} * ld;
        multiply(upper, to - from, above, memory.halves, own, k, results, ld);
        multiply(n - upper, to - from, below, lower_half, own + memory.kinds[0], k, results + upper, ld);
      });

  std::iota(order, order + n, 1);
  std::stable_sort(order, order + n, [&](int a, int b) { return d[a - 1] < d[b - 1]; });
  return 0;
}

template <class T>
int TridiagonalEigen<T>::run(T* diagonal, T* beside, T* vectors, std::byte* workspace) const {
  const Memory memory(n_, vectors, workspace);
  T largest = 0;
  for (int i = 0; i < n_; ++i)
    largest = std::max({largest, std::abs(diagonal[i]), i + 1 < n_ ? std::abs(beside[i]) : 0});
  if (largest == 0) largest = 1;
  for (int i = 0; i < n_; ++i) {
    diagonal[i] /= largest;
    if (i + 1 < n_) beside[i] /= largest;
  }
  for (int at = 1; at < pieces_; ++at) {
    const int row = begin_of(at);
    const T coupling = std::abs(beside[row - 1]);
    diagonal[row - 1] -= coupling;
    diagonal[row] -= coupling;
  }
  if (const int info = solve_pieces(diagonal, beside, memory)) return info;
  for (int width = 1; width < pieces_; width *= 2) {
    for (int at = 0; at < pieces_; at += 2 * width) {
      const int middle = begin_of(at + width);
      if (const int info =
              join(begin_of(at), middle, begin_of(at + 2 * width), beside[middle - 1], diagonal, memory))
        return info;
    }
  }
  for_each_tile(n_, kTile, 4.0 * n_ * n_, [&](int from, int to) {
    for (int j = from; j < to; ++j) {
      const int column = memory.order[j] - 1;
      memory.values[j] = diagonal[column] * largest;
      std::copy_n(memory.columns + int64_t{column} * n_, n_, vectors + int64_t{j} * n_);
    }
  });
  std::copy_n(memory.values, n_, diagonal);
  return 0;
}

template class TridiagonalEigen<float>;
template class TridiagonalEigen<double>;

}  // namespace lamina::detail
