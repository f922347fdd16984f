// Placement of a tensor within a larger one that is filled with a constant, or with what lies at its border.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/graph/constant.h"

namespace lamina {

/// Element i of the input lands at starts + i * steps, one entry per axis, in a tensor of `shape` full of
/// `value`. The inverse of a slice with the same starts and steps.
struct PadAttrs {
  Shape shape;
  std::vector<int64_t> starts, steps;
  double value = 0;
  bool operator==(const PadAttrs& other) const {
    return shape == other.shape && starts == other.starts && steps == other.steps &&
           detail::same_number(value, other.value);
  }
  static void fields(auto& self, auto&& visit) {
    visit("shape", self.shape);
    visit("starts", self.starts);
    visit("steps", self.steps);
    visit("value", self.value);
  }
};

/// x with paddings[i] = {before, after} further elements of `value` along axis i. Throws InvalidArgument when
/// there is not one pair per axis, or one is negative.
Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& paddings, double value = 0);

/// The same with further elements by `mode`, as NumPy: "constant" (zeros), "reflect" (c b | a b c | b a),
/// "symmetric" (b a | a b c | c b), "edge" (a a | a b c | c c) or "wrap" (b c | a b c | a b); in graphs, as
/// Keras, the first three. Throws InvalidArgument, too, for another mode, and for a padded axis without
/// elements.
Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& paddings,
           const std::string& mode);

}  // namespace lamina
