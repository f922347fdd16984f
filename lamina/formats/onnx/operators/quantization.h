// Numbers and the integers, or small floats, that stand for them. Internal header.
#pragma once

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

/// A scale or zero point as it broadcasts against a tensor of `shape`: one for all, one for each place of
/// `axis`, or one for each block of `block` places of that axis. Throws InvalidArgument where it fits none of
/// these.
Tensor spread(const Tensor& x, const Shape& shape, int64_t axis, int64_t block);

/// The lowest and highest number of an integer type.
struct Bounds {
  double lowest, highest;
};
Bounds bounds(ElementType type);

/// round(x) + zero_point, saturated, as elements of `type`, an integer or small float one; x is float32 or
/// float64. An undefined zero point is 0.
Value quantized(const Tensor& x, const Tensor& zero_point, ElementType type, bool saturate = true);

/// x - zero_point, exact: integers as int32, or int64 for wider ones; small floats as float32.
Tensor centred(const Value& x, const Tensor& zero_point);

}  // namespace lamina::onnx
