// Convolutions of float64 in one group, and their gradients, without a matrix of windows: oneDNN has none.
// Internal header of kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// Images with the zeros around them that windows reach: copies, some images at a time, or the images
/// themselves where no window reaches beyond them.
class PaddedImages {
 public:
  /// @param numbers  that go with each image and want memory, too
  explicit PaddedImages(const ConvShape& s, int64_t numbers = 0);
  /// Whether windows reach so far beyond the images of `s` that copies would hardly be anything but zeros.
  static bool mostly_zeros(const ConvShape& s);

  /// Images that are there at once, of which the last may be fewer.
  int64_t at_once() const { return at_once_; }
  /// Numbers from one pixel to the pixel below, and from one image to the next.
  int64_t row() const { return row_; }
  int64_t image() const { return image_; }
  /// Numbers of memory that `get` wants.
  int64_t memory() const { return copies_ ? at_once_ * image_ : 0; }
  const double* get(const double* images, int64_t first, int64_t count, double* memory) const;

 private:
  ConvShape s_;
  bool copies_;
  int64_t at_once_, row_, image_;
};

/// The results of all windows: the pixels under one row of a window lie side by side, so that tiles of a
/// product read them where they are.
class DoubleConv {
 public:
  explicit DoubleConv(const ConvShape& s);

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
  explicit DoubleConvGradKernel(const ConvShape& s);

  size_t workspace() const;
  void run(const double* image, const double* gradient, double* out, double* workspace) const;

 private:
  ConvShape s_;
  PaddedImages padded_;
};

}  // namespace lamina::detail
