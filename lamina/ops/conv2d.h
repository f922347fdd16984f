// Convolution of images and its gradients.
//
// Images are (batch, height, width, channels), kernels (height, width, channels per group, filters), as in
// Keras. All operands must be floating and of one dtype. InvalidArgument names the shapes that do not fit.
#pragma once

#include <string>

#include "lamina/core/tensor.h"
#include "lamina/graph/contraction.h"

namespace lamina {

/// Cross-correlation of the images `x` with `kernel`, as keras.ops.conv: output pixel (i, j) of filter f sums
/// x[i * stride + di * dilation, j * stride + dj * dilation, c] * kernel[di, dj, c, f]. Written as
/// `conv2d(x, kernel, {.strides = {2, 2}, .padding = "same"})`.
Tensor conv2d(const Tensor& x, const Tensor& kernel, const Conv2DAttrs& options = {});

/// activation(conv2d(x, kernel) + bias), bias (filters,), activation "linear" or "relu". What the epilogue
/// pass makes of the parts; the same numbers, except that relu may make 0 of NaN.
Tensor conv2d_bias_act(const Tensor& x, const Tensor& kernel, const Tensor& bias,
                       const std::string& activation = "linear", const Conv2DAttrs& options = {});

/// Gradient of conv2d with respect to its image, whose shape is `input_shape`, from the gradient `g` of its
/// output. This is also the transposed convolution.
Tensor conv2d_grad_input(const Tensor& g, const Tensor& kernel, const Shape& input_shape,
                         const Conv2DAttrs& options = {});

/// Gradient of conv2d with respect to its kernel, whose shape is `kernel_shape`.
Tensor conv2d_grad_kernel(const Tensor& x, const Tensor& g, const Shape& kernel_shape,
                          const Conv2DAttrs& options = {});

}  // namespace lamina
