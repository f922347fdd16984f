// Convolutions of float64 and their gradients, without a matrix of windows: oneDNN has none. Internal header
// of kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lamina/ops/detail/padded_images.h"
#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// The results of all windows: the pixels under one row of a window lie side by side, so that tiles of a
/// product read them where they are.
class DoubleConv {
 public:
  /// `s`: one that `takes` says yes to.
  explicit DoubleConv(const ConvShape& s);

  /// Not groups of so few filters that tiles would be empty for the most part, nor windows that reach far
  /// beyond the images.
  static bool takes(const ConvShape& s);
  /// The convolution that is the gradient of the image of one without strides, worth it where channels fill
  /// vectors; `s` as there.
  static bool reverses(const ConvShape& s);
  static DoubleConv reversed(const ConvShape& s);

  /// Bytes that `run` wants.
  size_t workspace() const;
  /// @param kernel  (rows, columns, channels, filters); of a reversed one as the convolution itself has it
  void run(const double* image, const double* kernel, double* out, double* workspace) const;

 private:
  void pack(const double* kernel, double* to) const;

  ConvShape s_;
  PaddedImages padded_;
  bool reversed_ = false;
};

/// The gradient of the kernel, from that of the results.
class DoubleConvGradKernel {
 public:
  /// `s`: one that `takes` says yes to, as above.
  explicit DoubleConvGradKernel(const ConvShape& s);
  static bool takes(const ConvShape& s);

  size_t workspace() const;
  void run(const double* image, const double* gradient, double* out, double* workspace) const;

 private:
  ConvShape s_;
  PaddedImages padded_;
};

}  // namespace lamina::detail
