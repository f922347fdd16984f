// What the cross-entropies share. Internal header.
#pragma once

#include "lamina/core/tensor.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/body.h"

namespace lamina::detail {

/// Keras's epsilon(): probabilities are clipped to [epsilon, 1 - epsilon].
inline constexpr double kEpsilon = 1e-7;

/// x within [kEpsilon, 1 - kEpsilon].
Tensor clip_probability(const Tensor& x);
/// Where clip_probability lets x through; bool.
Tensor unclipped(const Tensor& x);

/// Sum over the last axis, which stays with extent 1.
Tensor sum_last(const Tensor& x);
/// x[..., None]
Tensor with_last(const Tensor& x);

/// `shape` without its last axis.
Shape without_last(const Shape& shape);

/// Throws unless the inputs `a` and `b` (indices) have one floating type of rank 1 at least.
void check_same(const InferArgs& args, size_t a, size_t b);
/// Throws unless input `target` has the shape of input `scores` without the last axis.
void check_classes(const InferArgs& args, size_t target, size_t scores);
/// Throws unless input `gradient` is of the loss's type: that of input `scores` without the last axis.
void check_gradient(const InferArgs& args, size_t gradient, size_t scores);

}  // namespace lamina::detail
