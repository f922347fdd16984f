// Pass: cross-entropy of an activation works on the logits, for the registered families.
// For authors of passes: lamina.h leaves it out.
#pragma once

#include "lamina/graph/graph.h"

namespace lamina::passes {

/// Where the probabilities that a cross-entropy is given come straight out of a softmax over the last axis,
/// computes the loss from the logits and the gradient as their difference from the target, in one op each:
///
///   %y = softmax(%x)                                    %loss, %y = softmax_cross_entropy(%x, %t)
///   %loss = categorical_crossentropy(%t, %y)       ->   %dx = softmax_cross_entropy_grad(%y, %t, %g)
///   %dy = categorical_crossentropy_grad(%t, %y, %g)
///   %dx = softmax_grad(%y, %dy)
///
/// and likewise for sparse_categorical_crossentropy, and for binary_crossentropy of a sigmoid. Faster, and
/// better: nothing needs clipping. Keras does the same by looking at the producer of its argument, so that
/// both give the same numbers.
Graph softmax_crossentropy(const Graph& graph);

}  // namespace lamina::passes
