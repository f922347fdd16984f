// Normalisation of slices: what LayerNormalization, RMSNormalization and, after a reshape,
// GroupNormalization compute.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// `axis` is not negative.
struct NormalizationAttrs {
  int axis = 0;
  double epsilon = 1e-3;
  bool center = true;
  bool operator==(const NormalizationAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("axis", self.axis);
    visit("epsilon", self.epsilon);
    visit("center", self.center);
  }
};

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, where mean and variance are those of each slice over
/// the axes from `axis` (negative: counted from the end) to the last one. gamma and beta have the shape of a
/// slice; an undefined one is left out. Slices of no elements stay empty.
///
/// x is floating; float16 and bfloat16 are computed in float32. Throws InvalidArgument for an axis that x
/// does not have, and where shapes or dtypes do not fit. As keras.ops.layer_normalization.
Tensor layer_normalization(const Tensor& x, const Tensor& gamma = {}, const Tensor& beta = {}, int axis = -1,
                           double epsilon = 1e-7);

/// x / sqrt(mean of x * x + epsilon) * scale; otherwise as layer_normalization. As
/// keras.ops.rms_normalization.
Tensor rms_normalization(const Tensor& x, const Tensor& scale = {}, int axis = -1, double epsilon = 1e-7);

}  // namespace lamina
