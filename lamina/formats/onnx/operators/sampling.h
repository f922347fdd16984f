// Images looked at between their pixels. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::onnx {

/// What lies beyond the border: zeros, the border's pixels, or the image mirrored there.
enum class Beyond { kZeros, kBorder, kReflection };

struct Sampling {
  std::string mode = "linear";  ///< or "nearest", "cubic"
  Beyond beyond = Beyond::kZeros;
  /// Whether images are mirrored about the centres of their outermost pixels, or about their outer edges.
  bool align_corners = true;
};

/// The images x (batch, channels, extents...) at places, one tensor (batch, points) for each spatial axis, in
/// pixels, whose centres are whole numbers: (batch, channels, points). Differentiable with respect to both.
Tensor sample(const Tensor& x, const std::vector<Tensor>& places, const Sampling& how);

}  // namespace lamina::onnx
