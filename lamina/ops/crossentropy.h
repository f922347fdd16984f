// Cross-entropies of a target and a prediction, unreduced: one loss per sample. As keras.ops.*_crossentropy.
//
// From probabilities, `output` is clipped to [1e-7, 1 - 1e-7] before the logarithm, as Keras does (epsilon()
// there); where it was clipped, its gradient is 0.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// -sum(target * log(output)) over the last axis. `target` and `output` have one shape, of rank 1 at least.
/// From probabilities, `output` is divided by its sum over the last axis first; with `from_logits` its
/// softmax is meant. Throws InvalidArgument when the shapes differ.
Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false);

/// The same for `target` of class indices: its shape is output's without the last axis, or with a last axis
/// of extent 1. From probabilities, `output` is clipped first and then divided by its sum, the order of Keras
/// on TensorFlow. An index out of range gives NaN, in the loss and in the gradient of its row. `target` may
/// be of any integer dtype, or floating with integral values.
Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false);

/// -(target * log(output) + (1 - target) * log(1 - output)), elementwise; with `from_logits` the sigmoid of
/// output is meant. `target` and `output` have one shape.
Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false);

}  // namespace lamina
