// Cross-entropy of softmax(logits), fused: one pass over the logits gives the loss and the probabilities, and
// the gradient is their difference from the target.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

struct SoftmaxCrossEntropy {
  Tensor loss;   ///< per sample: the logits' shape without the last axis
  Tensor probs;  ///< softmax(logits) over the last axis
};

/// Loss -sum(target log(softmax(logits))) over the last axis; `target` has the type of `logits`. Terms with a
/// target of 0 count 0, whatever their logit.
SoftmaxCrossEntropy softmax_cross_entropy(const Tensor& logits, const Tensor& target);
/// The same for integer classes, of the logits' shape without the last axis; an index out of range gives NaN.
SoftmaxCrossEntropy sparse_softmax_cross_entropy(const Tensor& logits, const Tensor& target);

}  // namespace lamina
