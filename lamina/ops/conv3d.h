// Convolution and pooling of volumes, in terms of those of images.
//
// Volumes are (batch, depth, height, width, channels), kernels (depth, height, width, channels / groups, filters), as in
// Keras. Three numbers each for strides, dilations and windows. InvalidArgument names the shapes that do not fit.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

struct Conv3DOptions {
  std::vector<int64_t> strides = {1, 1, 1};
  std::string padding = "valid";  ///< or "same"
  std::vector<int64_t> dilations = {1, 1, 1};
  int64_t groups = 1;
};

/// Cross-correlation of volumes with a kernel. The steps of depth of a window become channels of images, so that it is
/// one convolution of images, whose memory is the kernel's depth times that of x. As keras.ops.conv.
Tensor conv3d(const Tensor& x, const Tensor& kernel, const Conv3DOptions& options = {});

struct Conv3DTransposeOptions {
  std::vector<int64_t> strides = {1, 1, 1};
  std::string padding = "valid";
  std::vector<int64_t> output_padding = {};  ///< as Conv2DTransposeOptions has it
  std::vector<int64_t> dilations = {1, 1, 1};
};

/// The transposed convolution of x (batch, depth, height, width, channels) with a kernel (depth, height, width, filters,
/// channels); extents as conv2d_transpose has them. As keras.ops.conv_transpose.
Tensor conv3d_transpose(const Tensor& x, const Tensor& kernel, const Conv3DTransposeOptions& options = {});

/// The shape of its result, for volumes and kernels of these shapes.
Shape conv3d_transpose_shape(const Shape& x, const Shape& kernel, const Conv3DTransposeOptions& options = {});

/// Largest element of each window; its gradient goes to the first maximum. As keras.ops.max_pool.
Tensor max_pool3d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding = "valid");

/// Mean of each window's elements inside the volume. As keras.ops.average_pool.
Tensor avg_pool3d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding = "valid");

}  // namespace lamina
