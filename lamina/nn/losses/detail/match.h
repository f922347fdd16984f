// Matching targets to predictions, for losses and metrics. Not for users.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Throws InvalidArgument, suggesting the nearest, unless it is one of Keras's reductions.
void require_reduction(const std::string& class_name, const std::string& reduction);

/// The weight of each value when `mask` (bool) says which count: their product, either may be undefined.
/// `mean_over_rest`: scaled up so that a mean over all values becomes one over those that count.
Tensor merge_mask(const Tensor& sample_weight, const Tensor& mask, DType dtype, bool mean_over_rest);

/// Weights under the rank of values of shape `values`: those of samples count for all of a sample's values.
/// Throws InvalidArgument, beginning with `what`, when they do not fit.
Tensor match_weight(const std::string& what, const Tensor& weight, const Shape& values);

/// Where ranks differ by one: drops a last axis of extent 1 of the higher one, or adds one to a vector
/// (Keras's squeeze_or_expand_to_same_rank).
std::pair<Tensor, Tensor> match_ranks(const Tensor& y_true, const Tensor& y_pred);

/// What to say to targets that are numbers of classes where rows of the predictions' shape are expected:
/// "; to_categorical(y, 10) makes ...", or nothing where they are something else.
std::string class_numbers_hint(const Tensor& y_true, const Tensor& y_pred);

/// match_ranks, and targets cast to the predictions' dtype. Throws InvalidArgument, naming both shapes,
/// unless they are then equal; `name` is that of the loss or metric.
std::pair<Tensor, Tensor> match_shapes(const std::string& name, const Tensor& y_true, const Tensor& y_pred);

/// Targets that are class indices, of the shape of the predictions without its last axis; one with 1 there
/// loses it. Throws InvalidArgument, naming both shapes, for others; `name` is that of the loss.
Tensor match_labels(const std::string& name, const Tensor& y_true, const Tensor& y_pred);

/// Throws InvalidArgument for the first label that is not an integer in 0 .. classes - 1, the extent of
/// `output` along `axis`, nor `ignored`.
void check_labels(const std::string& name, const Tensor& y_true, const Shape& output,
                  std::optional<int64_t> ignored = std::nullopt, int axis = -1);

/// The axis of a loss, counted from 0. Throws InvalidArgument, naming the loss, when the shape lacks it.
int own_axis(const std::string& name, int axis, const Shape& shape);

/// x with that axis moved behind the others.
Tensor with_axis_last(const std::string& name, const Tensor& x, int axis);

}  // namespace lamina::detail
