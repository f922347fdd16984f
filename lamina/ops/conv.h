// Convolutions in terms of conv2d: of sequences, of each channel by itself, and transposed.
//
// Common to all: operands are floating and of one dtype; InvalidArgument names the shapes that do not fit.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

struct Conv1DOptions {
  int64_t stride = 1;
  std::string padding = "valid";  ///< "valid", "same", or "causal": all padding in front
  int64_t dilation = 1;
  int64_t groups = 1;
};

/// Cross-correlation of sequences (batch, steps, channels) with a kernel (size, channels / groups, filters).
/// As keras.ops.conv and keras.layers.Conv1D.
Tensor conv1d(const Tensor& x, const Tensor& kernel, const Conv1DOptions& options = {});

/// Each channel of sequences (batch, steps, channels) with kernels of its own: (size, channels, multiplier). Channel c
/// gives the channels c * multiplier and on; `groups` has no meaning. As keras.layers.DepthwiseConv1D.
Tensor depthwise_conv1d(const Tensor& x, const Tensor& kernel, const Conv1DOptions& options = {});

struct DepthwiseConv2DOptions {
  std::vector<int64_t> strides = {1, 1};
  std::string padding = "valid";
  std::vector<int64_t> dilations = {1, 1};
};

/// Each channel of the images (batch, height, width, channels) with kernels of its own: (height, width,
/// channels, multiplier). Channel c gives the channels c * multiplier and on. As keras.ops.depthwise_conv.
Tensor depthwise_conv2d(const Tensor& x, const Tensor& kernel, const DepthwiseConv2DOptions& options = {});

struct Conv2DTransposeOptions {
  std::vector<int64_t> strides = {1, 1};
  std::string padding = "valid";
  /// Pixels of the result beyond those that the smallest fitting image has, for height and width; none given:
  /// as many as make a "same" result `strides` times as large, and a "valid" one reach over the last stride.
  std::vector<int64_t> output_padding = {};
  std::vector<int64_t> dilations = {1, 1};
};

/// The transposed convolution: what a convolution with this kernel (height, width, filters, channels) would
/// have had to be given, as a linear map, to get to x (batch, height, width, channels). An axis of n pixels
/// becomes, for s its stride, k = (kernel size - 1) * dilation + 1 and p its output_padding:
///   "valid": (n - 1) s + k + p, by default p = max(k, s) - k
///   "same":  (n - 1) s + k % 2 + p, by default n s in all
/// Throws InvalidArgument for an output_padding that no stride reaches. As keras.ops.conv_transpose.
Tensor conv2d_transpose(const Tensor& x, const Tensor& kernel, const Conv2DTransposeOptions& options = {});

/// The shape of its result, for images and kernels of these shapes.
Shape conv2d_transpose_shape(const Shape& x, const Shape& kernel, const Conv2DTransposeOptions& options = {});

}  // namespace lamina
