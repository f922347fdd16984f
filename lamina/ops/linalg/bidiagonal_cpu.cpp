// Reflectors from both sides that make a matrix bidiagonal, as in LAPACK's labrd and gebrd.
#include "lamina/ops/linalg/detail/bidiagonal.h"

#include <algorithm>
#include <utility>

#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/tiles.h"

namespace lamina::detail {
namespace {

constexpr int kPanel = 32;   // columns and rows whose reflectors reach the rest of the matrix at once
constexpr int kWhole = 128;  // columns: what is left is LAPACK's
constexpr int kTile = 128;   // columns, or rows of a vector: a piece of work
constexpr int kRows = 256;   // rows of many columns: a piece of work

/// Columns and rows [start, end) of the matrix become reflectors q (below the diagonal) and p (beside it):
/// the rest of the matrix becomes a - q yᵀ - x pᵀ. `x` and `y` have a column for each, from the panel's start
/// on.
template <class T>
struct Panel {
  int m, n, start;
  T *a, *x, *y;

  T* at(int row, int column) const { return a + row + int64_t{column} * m; }
  T* x_at(int row, int column) const { return x + row + int64_t{column - start} * m; }
  T* y_at(int row, int column) const { return y + row + int64_t{column - start} * n; }
};

/// A column and a row of a panel.
template <class T>
class Step {
 public:
  /// `work`: n + 4 × kPanel numbers.
  Step(const Panel<T>& panel, int at, T* work)
      : p_(panel),
        at_(at),
        before_(at - panel.start),
        below_(panel.m - at),
        beside_(panel.n - at - 1),
        row_(work) {
    for (int i = 0; i < 4; ++i) sums_[i] = work + panel.n + int64_t{i} * kPanel;
  }

  /// Gives the diagonal's element.
  T make_column(T* tau) const {
    for_each_tile(below_, kTile, 16.0 * below_ * before_, [&](int first, int last) {
      T* column = p_.at(at_ + first, at_);
      subtract_product("N", last - first, before_, p_.at(at_ + first, p_.start), p_.m, p_.y_at(at_, p_.start),
                       p_.n, column);
      subtract_product("N", last - first, before_, p_.x_at(at_ + first, p_.start), p_.m, p_.at(p_.start, at_),
                       1, column);
    });
    const int one = 1;
    lapack<T>().larfg(&below_, p_.at(at_, at_), p_.at(at_ + 1, at_), &one, tau);
    return std::exchange(*p_.at(at_, at_), T{1});
  }

  /// What the column's reflector does to the columns beside it; then the row. Gives the element beside the
  /// diagonal.
  T make_row(T tauq, T* taup) const {
    const T* q = p_.at(at_, at_);
    const int tiles = pieces_of(beside_, kTile);
    for_each_part(tiles + 2, reading(below_, beside_), [&](int part) {
      if (part == tiles) return product("T", below_, before_, p_.at(at_, p_.start), p_.m, q, sums_[0]);
      if (part == tiles + 1) return product("T", below_, before_, p_.x_at(at_, p_.start), p_.m, q, sums_[1]);
      const int first = part * kTile, columns = std::min(kTile, beside_ - first);
      product("T", below_, columns, p_.at(at_, at_ + 1 + first), p_.m, q, p_.y_at(at_ + 1 + first, at_));
    });
    for_each_tile(beside_, kTile, 32.0 * beside_ * before_, [&](int first, int last) {
      const int columns = last - first, from = at_ + 1 + first;
      T *y = p_.y_at(from, at_), *row = row_ + first;
      subtract_product("N", columns, before_, p_.y_at(from, p_.start), p_.n, sums_[0], 1, y);
      subtract_product("T", before_, columns, p_.at(p_.start, from), p_.m, sums_[1], 1, y);
      for (int i = 0; i < columns; ++i) {
        y[i] *= tauq;
        row[i] = *p_.at(at_, from + i);
      }
      subtract_product("N", columns, before_ + 1, p_.y_at(from, p_.start), p_.n, p_.at(at_, p_.start), p_.m,
                       row);
      subtract_product("T", before_, columns, p_.at(p_.start, from), p_.m, p_.x_at(at_, p_.start), p_.m, row);
    });
    const int one = 1;
    lapack<T>().larfg(&beside_, row_, row_ + 1, &one, taup);
    const T element = std::exchange(row_[0], T{1});
    for (int i = 0; i < beside_; ++i) *p_.at(at_, at_ + 1 + i) = row_[i];
    return element;
  }

  /// What the row's reflector does to the rows below it.
  void apply_row(T taup) const {
    const int under = below_ - 1, tiles = pieces_of(under, kRows);
    for_each_part(tiles + 2, reading(under, beside_), [&](int part) {
      if (part == tiles)
        return product("T", beside_, before_ + 1, p_.y_at(at_ + 1, p_.start), p_.n, row_, sums_[2]);
      if (part == tiles + 1)
        return product("N", before_, beside_, p_.at(p_.start, at_ + 1), p_.m, row_, sums_[3]);
      const int first = part * kRows, rows = std::min(kRows, under - first);
      product("N", rows, beside_, p_.at(at_ + 1 + first, at_ + 1), p_.m, row_, p_.x_at(at_ + 1 + first, at_));
    });
    for_each_tile(under, kTile, 16.0 * under * before_, [&](int first, int last) {
      const int from = at_ + 1 + first;
      T* x = p_.x_at(from, at_);
      subtract_product("N", last - first, before_ + 1, p_.at(from, p_.start), p_.m, sums_[2], 1, x);
      subtract_product("N", last - first, before_, p_.x_at(from, p_.start), p_.m, sums_[3], 1, x);
      for (int i = 0; i < last - first; ++i) x[i] *= taup;
    });
  }

 private:
  /// Nanoseconds that one thread takes for a matrix and the panel's columns.
  double reading(int rows, int columns) const {
    return (1.0 * rows * columns + 1.0 * (rows + columns) * before_) * sizeof(T) / 15;
  }

  Panel<T> p_;
  int at_, before_, below_, beside_;
  T* row_;  // the reflector, element beside element
  T* sums_[4];
};

/// What is behind and below a panel, after its reflectors.
template <class T>
void update_rest(const Panel<T>& panel, int end) {
  const int m = panel.m, rows = m - end, width = end - panel.start;
  for_each_tile(panel.n - end, kTile, 4.0 * rows * (panel.n - end) * width, [&](int first, int last) {
    const int columns = last - first;
    const T minus = -1, plus = 1;
    T* tile = panel.at(end, end + first);
    lapack<T>().gemm("N", "T", &rows, &columns, &width, &minus, panel.at(end, panel.start), &m,
                     panel.y_at(end + first, panel.start), &panel.n, &plus, tile, &m, 1, 1);
    lapack<T>().gemm("N", "N", &rows, &columns, &width, &minus, panel.x_at(end, panel.start), &m,
                     panel.at(panel.start, end + first), &m, &plus, tile, &m, 1, 1);
  });
}

}  // namespace

int64_t bidiagonal_workspace(int m, int n) { return (int64_t{m} + n) * kPanel + n + 4 * kPanel; }

template <class T>
void make_bidiagonal(int m, int n, T* a, T* diagonal, T* beside, T* tauq, T* taup, T* work) {
  int start = 0;
  for (; n - start >= kWhole + kPanel; start += kPanel) {
    const int end = start + kPanel;
    const Panel<T> panel{m, n, start, a, work, work + int64_t{m} * kPanel};
    for (int at = start; at < end; ++at) {
      const Step<T> step(panel, at, work + (int64_t{m} + n) * kPanel);
      diagonal[at] = step.make_column(tauq + at);
      beside[at] = step.make_row(tauq[at], taup + at);
      step.apply_row(taup[at]);
    }
    update_rest(panel, end);
    for (int at = start; at < end; ++at) {
      *panel.at(at, at) = diagonal[at];
      *panel.at(at, at + 1) = beside[at];
    }
  }
  const int rows = m - start, columns = n - start, numbers = static_cast<int>(bidiagonal_workspace(m, n));
  int info = 0;
  lapack<T>().gebrd(&rows, &columns, a + start + int64_t{start} * m, &m, diagonal + start, beside + start,
                    tauq + start, taup + start, work, &numbers, &info);
}

template void make_bidiagonal(int, int, float*, float*, float*, float*, float*, float*);
template void make_bidiagonal(int, int, double*, double*, double*, double*, double*, double*);

}  // namespace lamina::detail
