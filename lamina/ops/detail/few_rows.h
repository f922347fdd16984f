// Products of a few rows with a large matrix, which is read where it lies, each number once: generating text
// multiplies so, and takes the time that reading the weights takes. Internal header.
//
// Every result is summed up in an order that depends on k alone, so that neither the rows beside it nor how
// columns are dealt out to threads show in the bits.
#pragma once

#include <cstdint>

#include "lamina/base/dtype.h"

namespace lamina::detail {

/// c(m, n) = x(m, k) times a matrix, plus bias.
struct FewRows {
  int64_t m, n, k;
  int64_t x_step, w_step, c_step;  ///< from one row, or line of the matrix, to the next
  bool relu;       ///< applied last; NaN passes

  /// Columns of c are dealt out in multiples of so many.
  static constexpr int64_t kColumns = 64;
};

/// Columns `begin` to `end` of c, of a matrix w(n, k): each column is a line of w times all rows of x. `bias`
/// (n) may be null.
void few_rows_by_lines(const FewRows& product, const float* x, const float* w, const float* bias, float* c,
                       int64_t begin, int64_t end);
/// The same where the matrix has half the bytes; its numbers are widened, sums are of float32.
void few_rows_by_lines(const FewRows& product, const float* x, const BFloat16* w, const float* bias, float* c,
                       int64_t begin, int64_t end);

/// Columns `begin` to `end` of c, of a matrix w(k, n).
void few_rows_by_columns(const FewRows& product, const float* x, const float* w, const float* bias, float* c,
                         int64_t begin, int64_t end);

}  // namespace lamina::detail
