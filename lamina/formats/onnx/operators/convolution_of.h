// The convolution that a node's attributes describe. Internal header.
#pragma once

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// The cross-correlation of x (batch, channels, spatial...) with kernels (filters, channels / group, spatial...), both
/// floating and of one dtype, by the attributes auto_pad, dilations, group, kernel_shape, pads and strides of `call`:
/// (batch, filters, spatial...). Takes one or two spatial axes. Throws InvalidArgument for shapes that do not fit.
Tensor convolution_of(Call& call, const Tensor& x, const Tensor& kernel);

}  // namespace lamina::onnx
