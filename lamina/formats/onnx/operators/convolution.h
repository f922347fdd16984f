// Convolutions of one, two and three spatial axes. Internal header.
#pragma once

#include "lamina/formats/onnx/operators/windows.h"

namespace lamina::onnx {

/// The cross-correlation of x (batch, channels, ...) with a kernel (filters, channels / groups, ...), both floating and
/// of one dtype; `windows` as windows_of gives them. Lies with its channels last.
Value convolve(const Value& x, const Value& kernel, const Windows& windows, int64_t groups);

/// The spatial extents of a kernel; those of attribute kernel_shape, where it is there, must be the same.
std::vector<int64_t> kernel_sizes(const Call& call, const Value& kernel);

}  // namespace lamina::onnx
