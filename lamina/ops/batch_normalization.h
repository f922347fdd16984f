// Normalisation over a batch: what BatchNormalization computes while training.
#pragma once

#include <string>

#include "lamina/core/tensor.h"

namespace lamina {

/// Attributes of op `normalize_batch` and its gradient. `axis` is not negative; activation "linear",
/// "relu", "relu6" (at most 6) or "silu".
struct NormalizeBatchAttrs {
  int axis = 0;
  double epsilon = 1e-3;
  std::string activation = "linear";
  bool operator==(const NormalizeBatchAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("axis", self.axis);
    visit("epsilon", self.epsilon);
    visit("activation", self.activation);
  }
};

/// What normalize_batch gives.
struct NormalizedBatch {
  Tensor y;         ///< of x's shape
  Tensor mean;      ///< (channels,)
  Tensor variance;  ///< (channels,), divided by the number of elements of a channel
};

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, where mean and variance are those of each channel
/// over all other axes. Channels lie along `axis` (negative: counted from the end); gamma and beta are
/// (channels,) and of x's dtype, which is floating. Gradients flow through all three results. The bits do not
/// depend on the number of threads.
///
/// Throws InvalidArgument for an axis that x does not have, a negative epsilon, and where shapes or dtypes do
/// not fit. As keras.layers.BatchNormalization in training.
NormalizedBatch normalize_batch(const Tensor& x, const Tensor& gamma, const Tensor& beta, int axis = -1,
                                double epsilon = 1e-3);

}  // namespace lamina
