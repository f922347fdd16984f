// conv1d, depthwise_conv2d and conv2d_transpose by way of the two-dimensional convolution and its gradient.
#include "lamina/ops/conv.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

[[noreturn]] void fail(const std::string& function, const std::string& what, const Shape& x,
                       const Shape& kernel) {
  throw InvalidArgument(function + ": " + what + "; got x " + x.str() + " and a kernel " + kernel.str());
}

/// Extents and steps of one axis of a transposed convolution.
struct TransposedAxis {
  int64_t input, kernel, stride, dilation;
};

int64_t transposed_extent(const TransposedAxis& a, bool same, const int64_t* output_padding) {
  const int64_t span = (a.kernel - 1) * a.dilation + 1;
  if (same)
    return output_padding ? (a.input - 1) * a.stride + span % 2 + *output_padding : a.input * a.stride;
  return (a.input - 1) * a.stride + span +
         (output_padding ? *output_padding : std::max(span, a.stride) - span);
}

/// Whether a convolution of `extent` pixels has the windows that the axis has pixels.
bool leads_back(const TransposedAxis& a, bool same, int64_t extent) {
  if (extent < 1) return false;
  const int64_t span = (a.kernel - 1) * a.dilation + 1;
  return (same ? (extent - 1) / a.stride : (extent - span) / a.stride) + 1 == a.input;
}

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& kernel, const Conv1DOptions& options) {
  if (x.rank() != 3 || kernel.rank() != 3) {
    fail("conv1d", "x must be (batch, steps, channels) and the kernel (size, channels / groups, filters)",
         x.shape(), kernel.shape());
  }
  Tensor from = x;
  std::string padding = options.padding;
  if (padding == "causal") {
    from = pad(x, {{0, 0}, {(kernel.shape()[0] - 1) * options.dilation, 0}, {0, 0}});
    padding = "valid";
  }
  const Tensor y = conv2d(expand_dims(from, 1), expand_dims(kernel, 0),
                          {.strides = {1, options.stride},
                           .padding = padding,
                           .dilations = {1, options.dilation},
                           .groups = options.groups});
  return squeeze(y, {1});
}

Tensor depthwise_conv1d(const Tensor& x, const Tensor& kernel, const Conv1DOptions& options) {
  if (x.rank() != 3 || kernel.rank() != 3 || x.shape()[2] != kernel.shape()[1]) {
    fail("depthwise_conv1d", "x must be (batch, steps, channels) and the kernel (size, channels, multiplier)", x.shape(),
         kernel.shape());
  }
  const Shape& k = kernel.shape();
  return conv1d(x, reshape(kernel, {k[0], 1, k[1] * k[2]}),
                {.stride = options.stride,
                 .padding = options.padding,
                 .dilation = options.dilation,
                 .groups = k[1]});
}

Tensor depthwise_conv2d(const Tensor& x, const Tensor& kernel, const DepthwiseConv2DOptions& options) {
  if (x.rank() != 4 || kernel.rank() != 4 || x.shape()[3] != kernel.shape()[2]) {
    fail("depthwise_conv2d",
         "x must be (batch, height, width, channels) and the kernel (height, width, channels, multiplier)",
         x.shape(), kernel.shape());
  }
  const Shape& k = kernel.shape();
  return conv2d(x, reshape(kernel, {k[0], k[1], 1, k[2] * k[3]}),
                {.strides = options.strides,
                 .padding = options.padding,
                 .dilations = options.dilations,
                 .groups = k[2]});
}

Shape conv2d_transpose_shape(const Shape& x, const Shape& kernel, const Conv2DTransposeOptions& options) {
  const auto refuse = [&](const std::string& what) { fail("conv2d_transpose", what, x, kernel); };
  if (x.rank() != 4 || kernel.rank() != 4 || x[3] != kernel[3]) {
    refuse("x must be (batch, height, width, channels) and the kernel (height, width, filters, channels)");
  }
  const bool same = options.padding == "same";
  if (!same && options.padding != "valid")
    refuse("padding must be \"valid\" or \"same\", not \"" + options.padding + "\"");
  const bool given = !options.output_padding.empty();
  for (const auto* pair : {&options.strides, &options.dilations, &options.output_padding}) {
    if (pair->size() != 2 && (given || pair != &options.output_padding))
      refuse("strides, dilations and output_padding must be two numbers each");
  }
  Shape result{x[0], 0, 0, kernel[2]};
  for (int i = 0; i < 2; ++i) {
    const auto at = static_cast<size_t>(i);
    const TransposedAxis axis{x[1 + i], kernel[i], options.strides[at], options.dilations[at]};
    if (axis.stride < 1 || axis.dilation < 1) refuse("strides and dilations must be at least 1");
    const int64_t extent = transposed_extent(axis, same, given ? &options.output_padding[at] : nullptr);
    if (axis.input > 0 && !leads_back(axis, same, extent)) {
      refuse("output_padding " + std::to_string(given ? options.output_padding[at] : 0) +
             " does not fit the stride " + std::to_string(axis.stride) + ": a result of " +
             std::to_string(extent) + " pixels would not lead back to " + std::to_string(axis.input));
    }
    result.set(1 + i, extent);
  }
  return result;
}

Tensor conv2d_transpose(const Tensor& x, const Tensor& kernel, const Conv2DTransposeOptions& options) {
  return conv2d_grad_input(
      x, kernel, conv2d_transpose_shape(x.shape(), kernel.shape(), options),
      {.strides = options.strides, .padding = options.padding, .dilations = options.dilations});
}

}  // namespace lamina
