// Another handle of a tensor: what is hung on it, a mask say, the first one does not have. Internal header.
#pragma once

#include "lamina/core/tensor.h"
#include "lamina/graph/op.h"
#include "lamina/ops/reshape.h"

namespace lamina::detail {

/// The same values and the same history, without a mask.
inline Tensor another_handle(const Tensor& x) {
  return apply(find_op("reshape"), ReshapeAttrs{x.shape()}, {x})[0];
}

}  // namespace lamina::detail
