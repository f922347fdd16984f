// The loss of language models: how little likely the tokens were that came.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// Labels of tokens that do not count (Hugging Face's value).
inline constexpr int32_t kIgnoredLabel = -100;

/// The mean cross-entropy of the labels that count, a scalar; 0 where none does.
/// @param labels           integers (batch, time); kIgnoredLabel for those that do not count
/// @param logits           (batch, time, vocabulary)
/// @param label_smoothing  the share of the probability that is expected evenly of all tokens (Szegedy et
/// al., 2016)
Tensor language_loss(const Tensor& labels, const Tensor& logits, double label_smoothing = 0);

/// How many labels count, a float32 scalar.
Tensor counted_labels(const Tensor& labels);

/// The share of the labels that count to which the logits give the highest value, a scalar.
Tensor language_accuracy(const Tensor& labels, const Tensor& logits);

}  // namespace lamina
