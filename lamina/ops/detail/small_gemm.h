// Matrix products too small to share among threads or to pack into panels. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::detail {

/// c(m, n) = a(m, k) b(k, n), row-major and dense; a transposed operand is stored (k, m) or (n, k).
struct SmallGemm {
  int64_t m, n, k;
  bool transpose_a, transpose_b;
  bool relu;  ///< applied last; NaN passes

  /// Bytes of scratch memory; 0 unless b is transposed.
  size_t workspace() const;
};

/// `bias` (n elements) may be null.
void small_gemm(const SmallGemm& gemm, const float* a, const float* b, const float* bias, float* c,
                float* workspace);

}  // namespace lamina::detail
