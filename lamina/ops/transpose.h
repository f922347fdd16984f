// Permutation of axes.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// Axis i of the result is axis perm[i] of the input.
struct TransposeAttrs {
  std::vector<int> perm;
  bool operator==(const TransposeAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("perm", self.perm); }
};

/// x with its axes in the order `perm` (negative axes count from the end); reversed when `perm` is empty.
/// Throws InvalidArgument when perm is not a permutation of x's axes. As NumPy.
Tensor transpose(const Tensor& x, const std::vector<int>& perm = {});

}  // namespace lamina
