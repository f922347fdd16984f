// Where the windows of a convolution or pooling lie along one axis.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"

namespace lamina::detail {

/// Windows along one axis: number `i` covers the elements i * stride - before + j * dilation, 0 <= j < size.
struct Window {
  int64_t input = 0;   ///< extent of the image
  int64_t output = 0;  ///< number of windows
  int64_t size = 1;    ///< elements of a window
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0;  ///< padding in front of the image

  int64_t span() const { return (size - 1) * dilation + 1; }
  int64_t first(int64_t window) const { return window * stride - before; }
  /// Padding behind the image that the last window reaches; negative when elements of the image are left
  /// over.
  int64_t after() const { return (output - 1) * stride - before + span() - input; }
  /// The window that puts its element `tap` on element `at` of the image, or -1.
  int64_t with(int64_t at, int64_t tap) const {
    const int64_t start = at + before - tap * dilation;
    return start < 0 || start % stride != 0 || start / stride >= output ? -1 : start / stride;
  }
  /// The part [begin, end) of the elements of `window` that lies inside the image.
  int64_t begin(int64_t window) const {
    const int64_t start = first(window);
    return start >= 0 ? 0 : std::min(size, (-start + dilation - 1) / dilation);
  }
  int64_t end(int64_t window) const {
    const int64_t left = input - first(window);
    if (left >= span()) return size;
    return std::max(begin(window), left <= 0 ? 0 : std::min(size, (left + dilation - 1) / dilation));
  }
};

/// Padding as numbers: what lies before and behind the image along height and width.
struct Margins {
  int64_t before[2] = {0, 0}, after[2] = {0, 0};
};

/// The margins that `padding` says by four numbers, "1,1,0,2": above, below, left, right; nothing for "valid", "same"
/// and what is no padding at all.
std::optional<Margins> explicit_margins(const std::string& padding);

/// The windows of `size` elements on `input` elements along axis 0 (height) or 1; none where a window is larger than
/// the image with its padding.
inline Window window(int64_t input, int64_t size, int64_t stride, int64_t dilation, const std::string& padding,
                     int axis) {
  Window w{input, 0, size, stride, dilation, 0};
  if (padding == "same") {
    w.output = input < 1 ? 0 : (input - 1) / stride + 1;
    w.before = std::max<int64_t>(0, (w.output - 1) * stride - input + w.span()) / 2;
    return w;
  }
  int64_t whole = input;
  if (padding != "valid") {
    const Margins margins = explicit_margins(padding).value_or(Margins{});
    w.before = margins.before[axis];
    whole += w.before + margins.after[axis];
  }
  w.output = whole < w.span() ? 0 : (whole - w.span()) / stride + 1;
  return w;
}

/// Windows, strides and dilations are no larger, so that sums and products of two of them fit int64.
inline constexpr int64_t kMostPixels = std::numeric_limits<int32_t>::max();

/// Fails unless `values` are two numbers from 1 to kMostPixels.
inline void check_pair(const InferArgs& args, const char* what, const std::vector<int64_t>& values) {
  if (values.size() != 2 || values[0] < 1 || values[1] < 1) {
    args.fail(std::string(what) + " must be two numbers >= 1, not " + attr_text(values));
  }
  if (std::max(values[0], values[1]) > kMostPixels) {
    args.fail(std::string(what) + " must be at most " + std::to_string(kMostPixels) + ", not " +
              attr_text(values));
  }
}

inline void check_padding(const InferArgs& args, const std::string& padding) {
  if (padding != "valid" && padding != "same" && !explicit_margins(padding)) {
    args.fail("padding must be \"valid\", \"same\" or four numbers (\"1,1,0,0\": above, below, left, right), not \"" +
              padding + "\"");
  }
}

/// A convolution's sizes, from attributes and the shapes of image and kernel.
struct ConvShape {
  int64_t batch, channels, filters, groups;
  Window rows, columns;

  int64_t group_channels() const { return channels / groups; }
  int64_t group_filters() const { return filters / groups; }
};

inline ConvShape conv_shape(const Conv2DAttrs& attrs, const Shape& image, const Shape& kernel) {
  return {image[0],
          image[3],
          kernel[3],
          attrs.groups,
          window(image[1], kernel[0], attrs.strides[0], attrs.dilations[0], attrs.padding, 0),
          window(image[2], kernel[1], attrs.strides[1], attrs.dilations[1], attrs.padding, 1)};
}

/// The attributes of a convolution's kernel, with or without what is fused behind it.
inline const Conv2DAttrs& forward_attrs(const KernelDesc& desc) {
  return desc.op.name == "conv2d" ? desc.attrs.as<Conv2DAttrs>() : desc.attrs.as<Conv2DBiasActAttrs>().conv;
}

/// The sizes of the convolution that `desc` runs, or of which it is a gradient.
inline ConvShape conv_shape(const KernelDesc& desc) {
  const Shape &first = desc.inputs[0].type.shape, &second = desc.inputs[1].type.shape;
  if (!desc.op.name.starts_with("conv2d_grad")) return conv_shape(forward_attrs(desc), first, second);
  const auto& attrs = desc.attrs.as<Conv2DGradAttrs>();
  return desc.op.name == "conv2d_grad_input" ? conv_shape(attrs.conv, attrs.shape, second)
                                             : conv_shape(attrs.conv, first, attrs.shape);
}

/// Checks attributes and operands of a convolution, and gives the shape of its output.
Shape check_conv(const InferArgs& args, const Conv2DAttrs& attrs, const Shape& image, const Shape& kernel);

/// A pooling's sizes.
struct PoolShape {
  int64_t batch, channels;
  Window rows, columns;

  int64_t outputs() const { return batch * rows.output * columns.output * channels; }
};

inline PoolShape pool_shape(const Pool2DAttrs& attrs, const Shape& image) {
  return {image[0], image[3], window(image[1], attrs.pool[0], attrs.strides[0], 1, attrs.padding, 0),
          window(image[2], attrs.pool[1], attrs.strides[1], 1, attrs.padding, 1)};
}

/// Checks attributes and image of a pooling, and gives the shape of its output.
Shape check_pool(const InferArgs& args, const Pool2DAttrs& attrs, const Shape& image);
/// The dtype of the places that max_pool2d_with_index gives.
DType pool_index_dtype(const Pool2DAttrs& attrs);

}  // namespace lamina::detail
