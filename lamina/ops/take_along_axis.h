// Gathering by one index for each element.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// y[i, j, k] = x[i, indices[i, j, k], k] for axis 1: the elements of x at `indices` (integers, as many axes
/// as x) along `axis`. The other axes broadcast. Without an axis x is flattened first, and `indices` has one
/// axis. Negative indices count from the end; an index out of range gives NaN (0 for integers and bool),
/// since values are not known when arguments are checked. As keras.ops.take_along_axis.
///
/// Throws InvalidArgument for indices that are no integers, a different number of axes, an axis that x lacks,
/// and shapes that do not broadcast.
Tensor take_along_axis(const Tensor& x, const Tensor& indices, std::optional<int> axis = std::nullopt);

}  // namespace lamina
