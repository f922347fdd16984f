// Gathering by index: take, embedding_lookup, and their adjoint scatter_add.
#pragma once

#include <cstdint>
#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

/// `axis` is not negative.
struct TakeAttrs {
  int axis = 0;
  bool operator==(const TakeAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("axis", self.axis); }
};

/// `axis` is not negative; `size` is the result's extent on it.
struct ScatterAddAttrs {
  int axis = 0;
  int64_t size = 0;
  bool operator==(const ScatterAddAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("axis", self.axis);
    visit("size", self.size);
  }
};

/// The slices of x at `indices` (integers of any shape) along `axis`; the result has the shape of the indices
/// in place of that axis. Without an axis x is flattened first. Negative indices count from the end. An index
/// out of range gives NaN (0 for integers and bool): values are not known when arguments are checked. As
/// keras.ops.take.
Tensor take(const Tensor& x, const Tensor& indices, std::optional<int> axis = std::nullopt);

/// The rows of `table` (rows, width) at `ids`, integers of any shape: (ids' shape, width). As take, but on
/// the CPU an id outside [0, rows) is an error: whoever asks for the result (item, to_vector, eval, a model's
/// step) gets InvalidArgument with the id, its place and the rows. On other devices, where nobody looks at
/// ids, such rows are NaN. As keras.layers.Embedding.
Tensor embedding_lookup(const Tensor& table, const Tensor& ids);

/// The adjoint of take: zeros of extent `size` along `axis`, to which each slice of `updates` is added at its
/// index. Indices out of range are dropped. `updates` has the shape that take would give.
Tensor scatter_add(const Tensor& updates, const Tensor& indices, int axis, int64_t size);

}  // namespace lamina
