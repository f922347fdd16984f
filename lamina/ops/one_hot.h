// Class indices to indicator vectors.
#pragma once

#include <cstdint>

#include "lamina/core/tensor.h"

namespace lamina {

struct OneHotAttrs {
  int64_t depth = 0;
  DType dtype = DType::kFloat32;
  bool operator==(const OneHotAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("depth", self.depth);
    visit("dtype", self.dtype);
  }
};

/// x's integers as vectors of `depth` elements along a new last axis: 1 at the index, 0 elsewhere. An index
/// outside [0, depth) gives zeros only, as in Keras. Throws InvalidArgument for a negative depth.
Tensor one_hot(const Tensor& x, int64_t depth, DType dtype = DType::kFloat32);

}  // namespace lamina
