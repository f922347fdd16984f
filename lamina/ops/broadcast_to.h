// Repetition of a tensor along axes: broadcast_to and tile.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

struct BroadcastToAttrs {
  Shape shape;
  bool operator==(const BroadcastToAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("shape", self.shape); }
};

/// x repeated to `shape` by NumPy's rules: aligned at the last axis, missing axes and those of extent 1 are
/// repeated. Throws InvalidArgument when x does not fit.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// x laid side by side repeats[i] times along axis i. `repeats` may be longer or shorter than x has axes; the
/// missing ones count 1, as NumPy's tile. Throws InvalidArgument for a negative repeat.
Tensor tile(const Tensor& x, const std::vector<int64_t>& repeats);

}  // namespace lamina
