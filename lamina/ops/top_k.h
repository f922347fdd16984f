// The largest elements: top_k, and whether a class is among them: in_top_k.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

struct TopKAttrs {
  int64_t k = 1;
  bool operator==(const TopKAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("k", self.k); }
};

/// The k largest elements of x along the last axis, in descending order, and their places (int32) there: two
/// tensors of x's shape with k as the last extent. Of equal elements the first comes first (0 and -0 are
/// equal). NaN counts as larger than any number. Gradients go back to where the elements came from. Without
/// `sorted` the order is not specified; today it is the same. Throws InvalidArgument unless k is from
/// 0 to the last extent of x. As keras.ops.top_k.
std::vector<Tensor> top_k(const Tensor& x, int64_t k, bool sorted = true);

/// Whether fewer than k classes have a larger prediction than the target's: `targets` (batch,) are integers,
/// `predictions` (batch, classes) floats, the result is bool (batch,). Classes of the same prediction count
/// as being among the k together. False for a target that is no class, and where a prediction of the row is
/// NaN or infinite. Throws InvalidArgument for other shapes and dtypes. As keras.ops.in_top_k.
Tensor in_top_k(const Tensor& targets, const Tensor& predictions, int64_t k);

}  // namespace lamina
