// The product of a symmetric matrix, of which a triangle is kept, with a vector: it reads each element once,
// for its row and for its column.
#include <algorithm>

#include "lamina/ops/detail/simd.h"
#include "lamina/ops/linalg/detail/tridiagonal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/linalg/triangle_columns.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// kColumns columns from `column` on: the rows above all of them, and the corner where they meet the diagonal.
template <int kColumns, class T>
HWY_INLINE void Columns(const T* HWY_RESTRICT a, int64_t ld, int column, const T* HWY_RESTRICT x,
                        T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  using Vec = hn::Vec<decltype(d)>;
  const int lanes = static_cast<int>(hn::Lanes(d));
  Vec factors[kColumns], products[kColumns];
  T ends[kColumns] = {};
  for (int c = 0; c < kColumns; ++c) {
    factors[c] = hn::Set(d, x[column + c]);
    products[c] = hn::Zero(d);
  }
  int row = 0;
  for (; row + lanes <= column; row += lanes) {
    const Vec along = hn::LoadU(d, x + row);
    Vec sum = hn::LoadU(d, sums + row);
    for (int c = 0; c < kColumns; ++c) {
      const Vec elements = hn::LoadU(d, a + c * ld + row);
      sum = hn::MulAdd(elements, factors[c], sum);
      products[c] = hn::MulAdd(elements, along, products[c]);
    }
    hn::StoreU(sum, d, sums + row);
  }
  for (; row < column; ++row) {
    for (int c = 0; c < kColumns; ++c) {
      sums[row] += a[c * ld + row] * x[column + c];
      ends[c] += a[c * ld + row] * x[row];
    }
  }
  for (int c = 0; c < kColumns; ++c) {
    T own = hn::GetLane(hn::SumOfLanes(d, products[c])) + ends[c] + a[c * ld + column + c] * x[column + c];
    for (int above = 0; above < c; ++above) {
      const T element = a[c * ld + column + above];
      sums[column + above] += element * x[column + c];
      own += element * x[column + above];
    }
    sums[column + c] += own;
  }
}

template <class T>
HWY_INLINE void TriangleColumns(const T* a, int64_t ld, int first, int last, const T* x, T* sums) {
  std::fill(sums, sums + last, T{0});
  int column = first;
  for (; column + 4 <= last; column += 4) Columns<4>(a + column * ld, ld, column, x, sums);
  for (; column < last; ++column) Columns<1>(a + column * ld, ld, column, x, sums);
}

void FloatColumns(const float* a, int64_t ld, int first, int last, const float* x, float* sums) {
  TriangleColumns(a, ld, first, last, x, sums);
}

void DoubleColumns(const double* a, int64_t ld, int first, int last, const double* x, double* sums) {
  TriangleColumns(a, ld, first, last, x, sums);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(FloatColumns);
HWY_EXPORT(DoubleColumns);

void times_columns_of_triangle(const float* a, int64_t ld, int first, int last, const float* x, float* sums) {
  HWY_DYNAMIC_DISPATCH(FloatColumns)(a, ld, first, last, x, sums);
}

void times_columns_of_triangle(const double* a, int64_t ld, int first, int last, const double* x,
                               double* sums) {
  HWY_DYNAMIC_DISPATCH(DoubleColumns)(a, ld, first, last, x, sums);
}

}  // namespace lamina::detail
#endif
