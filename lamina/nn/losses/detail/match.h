// Matching targets to predictions, for losses and metrics. Not for users.
#pragma once

#include <string>
#include <utility>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Throws InvalidArgument, suggesting the nearest, unless it is one of Keras's reductions.
void require_reduction(const std::string& class_name, const std::string& reduction);

/// Where ranks differ by one: drops a last axis of extent 1 of the higher one, or adds one to a vector
/// (Keras's squeeze_or_expand_to_same_rank).
std::pair<Tensor, Tensor> match_ranks(const Tensor& y_true, const Tensor& y_pred);

/// match_ranks, and targets cast to the predictions' dtype. Throws InvalidArgument, naming both shapes,
/// unless they are then equal; `name` is that of the loss or metric.
std::pair<Tensor, Tensor> match_shapes(const std::string& name, const Tensor& y_true, const Tensor& y_pred);

}  // namespace lamina::detail
