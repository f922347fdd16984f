// Galleries: many small pictures in one, of the filters of a convolution, its feature maps, any table of
// numbers.
#pragma once

#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/image/picture.h"

namespace lamina {

/// How pictures are set side by side.
struct GalleryOptions {
  int columns = 0;  ///< pictures in a row; 0: as many as make the whole about square
  int scale = 1;    ///< how many pixels, across and down, stand for one, 1 to 64
  int gap = 2;      ///< grey pixels between two pictures and around all, 0 to 64
};

/// The pictures in rows, left to right and top to bottom; smaller ones lie in the upper left corner of their
/// place. Colours, if one of them has colours. Throws InvalidArgument for no pictures, options out of range,
/// and a result of more than 100 million pixels.
Picture picture_grid(const std::vector<Picture>& pictures, const GalleryOptions& options = {});

/// A table of numbers (rows, columns) in colours: white is 0, red above, blue below, full where the magnitude
/// is `most`. Not finite is grey.
/// @param most  0: the largest magnitude there is.
/// Throws InvalidArgument for other ranks and an empty table.
Picture signed_picture(const Tensor& table, double most = 0);

/// The filters of a convolution, a picture each: kernel (height, width, channels, filters). Grey in the
/// middle is 0, white and black are the largest magnitude of that filter; three channels are shown as
/// colours, any other number by their mean. Throws InvalidArgument for other ranks and an empty kernel.
Picture filter_grid(const Tensor& kernel, const GalleryOptions& options = {});

/// Feature maps of one sample (height, width, channels), a picture each, black at that map's smallest value
/// and white at its largest; a map of one value is black. Throws InvalidArgument for other ranks and empty
/// maps.
Picture feature_grid(const Tensor& maps, const GalleryOptions& options = {});

}  // namespace lamina
