// Writing at indices: scatter, scatter_update, segment_sum, segment_prod,
// segment_max, segment_min.
//
// On the CPU an index out of range, negative ones included, is an error: whoever asks for the result (item,
// to_vector, eval, a model's step) gets InvalidArgument with the index, its place and the extent. Updates are
// applied in their order, whatever the number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/core/tensor.h"

namespace lamina {

/// `reduction` is "", "add", "mul", "max" or "min".
struct ScatterUpdateAttrs {
  std::string reduction;
  bool operator==(const ScatterUpdateAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("reduction", self.reduction); }
};

/// `inputs` with updates at some places. `indices` are integers (..., k), each the place along the first k
/// axes of `inputs`; `updates` have its dtype and the shape (..., and the extents of inputs from axis k on).
/// Without a reduction an update takes the place of what was there, and the last one stays; "add" adds, "mul"
/// multiplies, "max" and "min" keep the larger or smaller one, NaN if one is NaN. Gradients go to what the
/// result depends on; equal extremes share theirs; those of "mul" are right also where factors are 0 (second
/// derivatives there are not). Throws InvalidArgument for other shapes, dtypes and reductions. As
/// keras.ops.scatter_update.
Tensor scatter_update(const Tensor& inputs, const Tensor& indices, const Tensor& updates,
                      const std::optional<std::string>& reduction = std::nullopt);

/// Zeros of `shape` to which `values` are added at `indices`, as in scatter_update. As keras.ops.scatter,
/// whose values add up on TensorFlow, too.
Tensor scatter(const Tensor& indices, const Tensor& values, const Shape& shape);

/// The sums of those slices of `data` along its first axis that have one id: (num_segments, the other
/// extents); 0 for a segment without slices. `segment_ids` are integers (extent of the first axis,) from 0
/// on. Without `num_segments` there are as many as the largest id says, which is computed at once: inside of
/// functions that are compiled or differentiated it must be given. `sorted` is a promise that nothing depends
/// on. Throws InvalidArgument for other shapes. As keras.ops.segment_sum.
Tensor segment_sum(const Tensor& data, const Tensor& segment_ids,
                   std::optional<int64_t> num_segments = std::nullopt, bool sorted = false);
/// The products, and 1 for a segment without slices; otherwise as segment_sum.
Tensor segment_prod(const Tensor& data, const Tensor& segment_ids,
                    std::optional<int64_t> num_segments = std::nullopt, bool sorted = false);
/// The largest elements, and the lowest finite number of the dtype for a segment without slices; otherwise as
/// segment_sum.
Tensor segment_max(const Tensor& data, const Tensor& segment_ids,
                   std::optional<int64_t> num_segments = std::nullopt, bool sorted = false);
/// The smallest elements, and the largest finite number of the dtype for a segment without slices; otherwise
/// as segment_sum.
Tensor segment_min(const Tensor& data, const Tensor& segment_ids,
                   std::optional<int64_t> num_segments = std::nullopt, bool sorted = false);

}  // namespace lamina
