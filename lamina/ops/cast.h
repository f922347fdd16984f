// cast: the same values in another dtype.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

struct CastAttrs {
  DType dtype = DType::kFloat32;
  bool operator==(const CastAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("dtype", self.dtype); }
};

/// x as `dtype`; x itself when it has that dtype. Floats become integers by truncation towards zero (values
/// that do not fit saturate, NaN gives 0); integers wrap around; anything but zero becomes true. The gradient
/// passes between floating dtypes only.
Tensor cast(const Tensor& x, DType dtype);

}  // namespace lamina
