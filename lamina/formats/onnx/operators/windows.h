// Windows of convolutions and poolings, as attributes describe them. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// Where windows lie along each spatial axis.
struct Windows {
  std::vector<int64_t> sizes, strides, dilations, before, after;

  size_t axes() const { return sizes.size(); }
  int64_t span(size_t axis) const { return (sizes[axis] - 1) * dilations[axis] + 1; }
  /// How many windows an axis of that extent has.
  int64_t count(size_t axis, int64_t extent) const {
    const int64_t whole = extent + before[axis] + after[axis];
    return whole < span(axis) ? 0 : (whole - span(axis)) / strides[axis] + 1;
  }
  /// The padding of axes `axis` and `axis` + 1 as conv2d takes it.
  std::string padding(size_t axis = 0) const;
};

/// From attributes strides, dilations, pads and auto_pad, for windows of `sizes` on the spatial axes of an input of
/// shape `x` (batch, channels, ...). With attribute ceil_mode the last window may reach beyond the padding, which
/// `after` then does, too. Throws InvalidArgument for numbers that do not fit.
Windows windows_of(const Call& call, const Shape& x, const std::vector<int64_t>& sizes);

/// (batch, ..., channels) with one or two spatial axes as images with two: the missing one has one element.
Tensor as_images(const Tensor& x);
/// Undoes it for a result of `rank` axes.
Tensor from_images(const Tensor& y, int rank);

}  // namespace lamina::onnx
