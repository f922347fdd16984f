// Parts of a tensor whose place is known only when it runs: dynamic_slice and slice_update.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// The extents of the part.
struct DynamicSliceAttrs {
  Shape shape;
  bool operator==(const DynamicSliceAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("shape", self.shape); }
};

/// The part of `inputs` of that `shape`, one extent for each axis, which begins at `start_indices`: integers,
/// one for each axis. An extent of -1 reaches to the end from a start that is known: one that is computed,
/// outside of functions that are traced. On the CPU a part that does not lie inside is an error: whoever asks
/// for the result gets InvalidArgument with the start, the extent and the axis. Throws InvalidArgument for
/// other numbers of starts and extents. As keras.ops.slice, whose name has Python's bounds here
/// (lamina/ops/slice.h).
Tensor dynamic_slice(const Tensor& inputs, const Tensor& start_indices, const Shape& shape);

/// `inputs` with `updates`, of its dtype and number of axes, in place of the part that begins at
/// `start_indices`. Happens in the memory of `inputs` where nobody else needs that. Otherwise as
/// dynamic_slice; as keras.ops.slice_update.
Tensor slice_update(const Tensor& inputs, const Tensor& start_indices, const Tensor& updates);

}  // namespace lamina
