// What attention over any axes is put together from. Internal header.
#pragma once

#include <vector>

#include "lamina/ops/detail/einsum_terms.h"

namespace lamina::detail {

/// Keras's equations: of keys and queries to scores, and of scores and values to outputs.
struct AttentionTerms {
  EinsumTerms scores, outputs;
};

/// For projected tensors (batch, ..., heads, width) of that rank and attention over `axes`: scores are (all
/// other axes and heads, the axes of queries, those of keys).
AttentionTerms attention_terms(int rank, const std::vector<int>& axes);

/// A mask whose last `kept` axes are those of the scores, as bool under a shape of the scores' rank.
Tensor widen(Tensor mask, int rank, int kept);

/// Softmax over the last `count` axes together.
Tensor softmax_over(const Tensor& x, int count);

}  // namespace lamina::detail
