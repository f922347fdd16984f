// Tensors whose buffers are theirs alone, as donated state must be. Internal header.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/weight.h"

namespace lamina::detail {

/// A computed copy of `from` in a buffer that nothing else shares.
Tensor own(const Tensor& from);
/// The same, converted to `dtype`.
Tensor own(const Tensor& from, DType dtype);
/// The same of what the caller needs no more: without a copy where nobody else holds it.
Tensor own(Tensor&& from, DType dtype);
/// Zeros in a buffer that nothing else shares, where this thread creates tensors.
Tensor own_zeros(const TensorType& type);

/// Where the weights are, or where this thread creates tensors when none has a value. Throws InvalidArgument,
/// naming two of them, when they are on different devices.
Device device_of(const std::vector<WeightPtr>& weights);

/// Writes the elements of `from`, converted, into the buffer of `to`, or into a new one where somebody else
/// holds the old contents. Shapes must be equal; devices may differ.
void overwrite(Tensor& to, const Tensor& from);
/// Writes zeros into the buffer of `to`.
void clear(Tensor& to);

}  // namespace lamina::detail
