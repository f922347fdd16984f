// CsrMatrix: mostly zeros, row by row.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// A matrix of which only the elements that are not zero are kept: compressed sparse rows, as
/// scipy.sparse.csr_matrix has them. Row i has the elements indptr[i] to indptr[i + 1] - 1.
struct CsrMatrix {
  int64_t rows = 0, cols = 0;
  std::vector<int64_t> indptr = {0};  ///< rows + 1 numbers that never fall, 0 first
  std::vector<int32_t> indices = {};  ///< column of each element, rising within a row
  std::vector<double> values = {};    ///< each element

  /// Elements that are kept.
  int64_t nonzeros() const { return static_cast<int64_t>(values.size()); }
  /// The matrix with all of its zeros: (rows, cols). Throws InvalidArgument when the parts do not agree, or
  /// for more than 2^40 bytes.
  Tensor to_dense(DType dtype = DType::kFloat32) const;
  /// The rows of these numbers, in their order; numbers may repeat. Throws InvalidArgument for one out of
  /// range.
  CsrMatrix take_rows(const std::vector<int64_t>& numbers) const;
  bool operator==(const CsrMatrix& other) const = default;
};

}  // namespace lamina
