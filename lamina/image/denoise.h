// Denoising of images of bytes: with OpenCV's meaning and results.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina::image {

// Images are uint8, (height, width, channels) or (batch, height, width, channels) with 1 or 3 channels; the
// result is of the same type. They are computed at once, on the CPU, by several threads. Beyond the borders
// the image goes on as its mirror without the border pixel (OpenCV's BORDER_REFLECT_101), for the median as
// that pixel. All throw InvalidArgument for other images, and for sizes that are even or out of the range
// that each states.

/// The median of size x size pixels, each channel for itself: takes away single wrong pixels (salt and
/// pepper). As cv2.medianBlur.
/// @param size  odd, from 1 to 255.
Tensor median_blur(const Tensor& images, int size = 3);

/// Arguments of gaussian_blur.
struct GaussianBlurOptions {
  int size = 0;      ///< of the kernel, odd, up to 255 pixels; 0: as wide as sigma needs, 6 sigma + 1
  double sigma = 0;  ///< in pixels; 0: 0.3 ((size - 1) / 2 - 1) + 0.8, or a binomial kernel up to a size of 9
};
/// The mean of the pixels around, weighted by a Gaussian: takes away fine noise, and softens edges. As
/// cv2.GaussianBlur, whose fixed-point arithmetic it follows. One of size and sigma must be given.
Tensor gaussian_blur(const Tensor& images, const GaussianBlurOptions& options);

/// Arguments of bilateral_filter.
struct BilateralFilterOptions {
  int d = 5;  ///< diameter in pixels, up to 99; 0: 3 sigma_space
  double sigma_color =
      50;  ///< how different colours may be that are mixed, from 0 to 255 (sums over channels)
  double sigma_space = 50;  ///< how far away pixels may be that are mixed
};
/// The mean of pixels around that have similar colours (C. Tomasi and R. Manduchi, "Bilateral filtering for
/// gray and color images", 1998): takes away fine noise and keeps edges. As cv2.bilateralFilter.
Tensor bilateral_filter(const Tensor& images, const BilateralFilterOptions& options = {});

/// Arguments of non_local_means, with OpenCV's defaults.
struct NonLocalMeansOptions {
  double h =
      3;  ///< strength, above 0: how much neighbourhoods may differ; about the noise's standard deviation
  int template_window_size = 7;  ///< of the neighbourhoods that are compared, odd, up to 21
  int search_window_size = 21;   ///< in which similar ones are looked for, odd, up to 99
};
/// The mean of pixels whose neighbourhoods look alike (A. Buades, B. Coll and J. Morel, "A non-local
/// algorithm for image denoising", 2005): the best of these for noise, and the slowest. As
/// cv2.fastNlMeansDenoising; colours are compared together, not as cv2.fastNlMeansDenoisingColored in another
/// colour space.
Tensor non_local_means(const Tensor& images, const NonLocalMeansOptions& options = {});

}  // namespace lamina::image
