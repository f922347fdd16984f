// Maximum and average over windows of images (batch, height, width, channels).
//
// Windows of `pool` pixels start every `strides` pixels; `padding` is "valid" (windows inside the image) or
// "same" (ceil(extent / stride) windows, the outside of the image never counts). Everything as
// keras.ops.max_pool and average_pool with TensorFlow. InvalidArgument names what does not fit. Global
// pooling is mean(x, {1, 2}).
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/graph/contraction.h"

namespace lamina {

/// Largest element of each window. Its gradient goes to the first maximum of the window in row-major order.
Tensor max_pool2d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding = "valid");

/// Mean of each window's elements inside the image; x must be floating.
Tensor avg_pool2d(const Tensor& x, const std::vector<int64_t>& pool, const std::vector<int64_t>& strides,
                  const std::string& padding = "valid");

/// The maxima of max_pool2d, and where in its window each stands: row * pool[1] + column, as uint8 (int32 for
/// windows of more than 255 pixels).
std::vector<Tensor> max_pool2d_with_index(const Tensor& x, const Pool2DAttrs& options);

/// Gradient of max_pool2d: `g` added at the places that `index` (of max_pool2d_with_index) names, zero
/// elsewhere.
Tensor max_pool2d_grad(const Tensor& g, const Tensor& index, const Shape& input_shape,
                       const Pool2DAttrs& options);

/// The element of each window of `x` that `index` names, 0 for a place outside window or image: the transpose
/// of max_pool2d_grad.
Tensor max_pool2d_gather(const Tensor& x, const Tensor& index, const Pool2DAttrs& options);

/// Gradient of avg_pool2d: `g` spread evenly over the elements that each window averaged.
Tensor avg_pool2d_grad(const Tensor& g, const Shape& input_shape, const Pool2DAttrs& options);

}  // namespace lamina
