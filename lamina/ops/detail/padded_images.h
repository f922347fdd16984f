// Images with zeros around them, for convolutions of float64. Internal header of kernels.
#pragma once

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

}  // namespace lamina::detail
