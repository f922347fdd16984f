// Kernels of support vector machines between the rows of matrices.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/classic/detail/matrix.h"

namespace lamina::classic::detail {

/// exp(-gamma |a - b|²), or a·b for gamma 0.
class KernelRows {
 public:
  /// `b` outlives it. Rows are best centred: products lose less.
  KernelRows(const Matrix& b, double gamma);

  /// The kernel between `count` rows at `a` and all of b, (count, b.rows), on all threads. The numbers of one
  /// row do not depend on the others.
  void compute(const float* a, int64_t count, float* out) const;

 private:
  const Matrix& b_;
  double gamma_;
  std::vector<double> squares_;    // of b's rows
  std::vector<float> transposed_;  // b's columns, where it is small
};

/// x less `center`.
Matrix less(const Matrix& x, const std::vector<float>& center);

/// The columns' means.
std::vector<float> means_of(const Matrix& x);

}  // namespace lamina::classic::detail
