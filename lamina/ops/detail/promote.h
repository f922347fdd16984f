// Several tensors in one dtype. Internal header.
#pragma once

#include <vector>

#include "lamina/ops/cast.h"

namespace lamina::detail {

/// All in the dtype that they promote to (lamina/base/dtype.h).
inline std::vector<Tensor> in_one_dtype(std::vector<Tensor> tensors) {
  if (tensors.empty()) return tensors;
  DType dtype = tensors[0].dtype();
  for (const Tensor& tensor : tensors) dtype = promote(dtype, tensor.dtype());
  for (Tensor& tensor : tensors) tensor = cast(tensor, dtype);
  return tensors;
}

}  // namespace lamina::detail
