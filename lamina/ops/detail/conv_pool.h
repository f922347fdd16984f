// Vectorised inner loops of a convolution of few input channels with 2x2 max pooling behind it. Internal
// header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// Sizes. The convolution has stride 1, no dilation, one group; zeros around the image are part of it
/// already.
struct ConvPool {
  int64_t batch, height, width, channels;  ///< of the image with its padding
  int64_t kernel_height, kernel_width, filters;
  int64_t pooled_height, pooled_width;
  bool relu;

  int64_t rows() const { return batch * pooled_height; }
  int64_t taps() const { return kernel_height * kernel_width * channels; }
};

/// Whether the loops below exist for these sizes on this machine.
bool conv_pool_forward_fits(const ConvPool& shape);
bool conv_pool_grad_fits(const ConvPool& shape);

/// Rows [begin, end) of the pooled map, and (if index is not null) which of the four positions each maximum
/// came from; 255 where relu gives 0.
void conv_pool_forward(const ConvPool& shape, const float* image, const float* kernel, const float* bias,
                       float* out, uint8_t* index, int64_t begin, int64_t end);

/// The share of the rows [begin, end) of `g`, the gradient of the pooled map, in the gradients of kernel and
/// bias.
void conv_pool_grad_kernel(const ConvPool& shape, const float* image, const float* g, const uint8_t* index,
                           float* grad_kernel, float* grad_bias, int64_t begin, int64_t end);

}  // namespace lamina::detail
