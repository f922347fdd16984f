// Indices among the arguments of recorded ops: tensors, or lists as configurations have them. Internal
// header.
#pragma once

#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"

namespace lamina::detail {

/// The tensor at that place, or of the plain value there: 3, [0, 2] or [[0], [2]], int32. Throws
/// InvalidArgument for lists of different lengths.
Tensor indices_of(const OperationCall& call, size_t place);

}  // namespace lamina::detail
