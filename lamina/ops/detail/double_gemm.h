// Products of float64 matrices: oneDNN has none. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lamina::detail {

/// c = a b, all row-major; an operand that is transposed is stored as its transpose. b, and a transposed a,
/// are packed into panels of a few lines, and the result is computed in tiles that registers hold. What is
/// added in which order does not depend on the number of threads.
struct DoubleGemm {
  int64_t m, n, k;
  bool transpose_a, transpose_b;

  /// Multiplications below which plain loops are as fast.
  static constexpr int64_t kWorthPacking = 4096;

  /// Bytes of the packed operands.
  size_t workspace() const;
  /// @param add  whether the product is added to what `c` holds
  void run(const double* a, const double* b, double* c, double* workspace, bool add = false) const;
};

}  // namespace lamina::detail
