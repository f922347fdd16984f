// Checks of arguments that ops share. Internal header.
#pragma once

#include <string>

#include "lamina/core/tensor.h"
#include "lamina/graph/op.h"

namespace lamina::detail {

/// `axis` of x counted from the front. Throws InvalidArgument, naming `function`, when x has no such axis.
int checked_axis(const char* function, const TensorType& x, int axis);
inline int checked_axis(const char* function, const Tensor& x, int axis) {
  return checked_axis(function, x.type(), axis);
}

/// Fails unless all extents of `shape`, an attribute, are 0 or more.
void check_extents(const InferArgs& args, const Shape& shape);

/// Fails unless the first `count` inputs have one dtype.
void check_one_dtype(const InferArgs& args, size_t count);
inline void check_one_dtype(const InferArgs& args) { check_one_dtype(args, args.inputs.size()); }

/// Fails unless the activation of a fused op is "linear" or "relu".
void check_activation(const InferArgs& args, const std::string& activation);

}  // namespace lamina::detail
