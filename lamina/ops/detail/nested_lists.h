// Tensors as nested lists of numbers, as configurations hold them. Internal header.
#pragma once

#include <string>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina::detail {

/// 3, [0, 2] or [[0.5], [2.0]]: integers as they are, everything else as double.
Json nested_lists(const Tensor& value);

/// The tensor of what nested_lists gave, converted to `dtype`; truth values count as 1 and 0. Throws
/// InvalidArgument, beginning with `what` ("the indices have"), for lists of different lengths, and for what
/// is no number.
Tensor from_nested_lists(const Json& json, DType dtype, const std::string& what);

}  // namespace lamina::detail
