// Reflectors that make a symmetric matrix tridiagonal, as in LAPACK's latrd and sytrd.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "lamina/ops/linalg/detail/lapack.h"
#include "lamina/ops/linalg/detail/tiles.h"
#include "lamina/ops/linalg/detail/tridiagonal.h"

namespace lamina::detail {
namespace {

constexpr int kPanel = 32;   // columns whose reflectors reach the rest of the matrix at once
constexpr int kWhole = 128;  // what is left is LAPACK's: it stays in the nearest caches
constexpr int kRows = 128;   // of a vector: a piece of work
constexpr int kTile = 128;   // columns behind a panel: a piece of work
constexpr int kSlices = 8;   // of a triangle, of about the same number of elements
constexpr int kNarrow = 64;  // columns: no slice has fewer

/// A panel's place: columns [start, end) of the matrix become reflectors v, the last one first; w holds what
/// the rest of the matrix needs beside them: it becomes a - v wᵀ - w vᵀ.
template <class T>
struct Panel {
  int n, start, end;
  T *a, *w;

  T* column(int at) const { return a + int64_t{at} * n; }
  T* beside(int at) const { return w + int64_t{at - start} * n; }
};

/// Columns to where slice `slice` of `slices` goes, of a triangle of `extent`.
int slice_end(int extent, int slice, int slices) {
  if (slice == slices) return extent;
  return static_cast<int>(extent * std::sqrt(static_cast<double>(slice) / slices)) / 4 * 4;
}

/// What a column's step needs.
template <class T>
class Step {
 public:
  Step(const Panel<T>& panel, int at, T* work)
      : panel_(panel),
        at_(at),
        later_(panel.end - 1 - at),
        sums_(work),
        v_sums_(work + int64_t{kSlices} * panel.n),
        w_sums_(v_sums_ + kPanel),
        slices_(std::clamp(at / kNarrow, 1, kSlices)) {}

  /// The column after the panel's reflectors so far.
  void catch_up() const {
    if (later_ == 0) return;
    const T *v = panel_.column(at_ + 1), *w = panel_.beside(at_ + 1);
    for_rows(at_ + 1, 4.0 * (at_ + 1) * later_, [&](int first, int rows) {
      subtract(rows, v + first, w + at_, panel_.n, panel_.column(at_) + first);
      subtract(rows, w + first, v + at_, panel_.n, panel_.column(at_) + first);
    });
  }

  /// Column w of a reflector v, which is what is above the diagonal.
  void apply(T tau) const {
    const int n = panel_.n, extent = at_;
    const T *v = panel_.column(at_), *later_v = panel_.column(at_ + 1), *later_w = panel_.beside(at_ + 1);
    T* w = panel_.beside(at_);
    const double bytes = (0.5 * extent * extent + 2.0 * extent * later_) * sizeof(T);
    for_each_part(slices_ + 2, bytes / 10, [&](int part) {
      if (part == slices_) return product("T", extent, later_, later_v, n, v, v_sums_);
      if (part == slices_ + 1) return product("T", extent, later_, later_w, n, v, w_sums_);
      times_columns_of_triangle(panel_.a, n, slice_end(extent, part, slices_),
                                slice_end(extent, part + 1, slices_), v, sums_ + int64_t{part} * n);
    });
    for_rows(extent, 4.0 * extent * (later_ + slices_), [&](int first, int rows) {
      for (int row = first; row < first + rows; ++row) w[row] = 0;
      for (int slice = 0; slice < slices_; ++slice) {
        const T* sums = sums_ + int64_t{slice} * n;
        const int last = std::min(first + rows, slice_end(extent, slice + 1, slices_));
        for (int row = first; row < last; ++row) w[row] += sums[row];
      }
      if (later_ > 0) {
        subtract(rows, later_v + first, w_sums_, 1, w + first);
        subtract(rows, later_w + first, v_sums_, 1, w + first);
      }
      for (int row = first; row < first + rows; ++row) w[row] *= tau;
    });
    const T share = tau / 2 * std::inner_product(w, w + extent, v, T{0});
    for (int row = 0; row < extent; ++row) w[row] -= share * v[row];
  }

 private:
  template <class F>
  static void for_rows(int extent, double flops, F&& f) {
    for_each_tile(extent, kRows, 4 * flops, [&](int first, int last) { f(first, last - first); });
  }

  void subtract(int rows, const T* later, const T* factors, int along, T* y) const {
    subtract_product("N", rows, later_, later, panel_.n, factors, along, y);
  }

  Panel<T> panel_;
  int at_, later_;
  T *sums_, *v_sums_, *w_sums_;
  int slices_;
};

/// The triangle before a panel, after its reflectors.
template <class T>
void update_rest(const Panel<T>& panel) {
  const int n = panel.n, rest = panel.start, width = panel.end - panel.start;
  for_each_tile(rest, kTile, 2.0 * rest * rest * width, [&](int first, int last) {
    const int columns = last - first;
    const T minus = -1, plus = 1;
    const T *v = panel.column(panel.start), *w = panel.w;
    const auto subtract = [&](const T* left, const T* right) {
      lapack<T>().gemm("N", "T", &last, &columns, &width, &minus, left, &n, right + first, &n, &plus,
                       panel.column(first), &n, 1, 1);
    };
    subtract(v, w);
    subtract(w, v);
  });
}

}  // namespace

int64_t tridiagonal_workspace(int n) { return int64_t{n} * (kPanel + kSlices) + 2 * kPanel; }

template <class T>
void make_tridiagonal(int n, T* a, T* diagonal, T* beside, T* tau, T* work) {
  const Lapack<T>& functions = lapack<T>();
  int end = n;
  for (; end - kPanel >= kWhole; end -= kPanel) {
    const Panel<T> panel{n, end - kPanel, end, a, work};
    for (int at = end - 1; at >= panel.start; --at) {
      const Step<T> step(panel, at, work + int64_t{n} * kPanel);
      step.catch_up();
      T* column = panel.column(at);
      const int one = 1;
      functions.larfg(&at, column + at - 1, column, &one, tau + at - 1);
      beside[at - 1] = std::exchange(column[at - 1], T{1});
      step.apply(tau[at - 1]);
    }
    update_rest(panel);
    for (int at = panel.start; at < end; ++at) {
      panel.column(at)[at - 1] = beside[at - 1];
      diagonal[at] = panel.column(at)[at];
    }
  }
  const int numbers = kPanel * n;
  int info = 0;
  functions.sytrd("U", &end, a, &n, diagonal, beside, tau, work, &numbers, &info, 1);
}

template void make_tridiagonal(int, float*, float*, float*, float*, float*);
template void make_tridiagonal(int, double*, double*, double*, double*, double*);

}  // namespace lamina::detail
