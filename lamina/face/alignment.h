// Alignment: a face brought to a place and size where an embedding expects it.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "lamina/face/face.h"
#include "lamina/image/picture.h"

namespace lamina::face {

/// A rotation, one scale and a translation: (x, y) goes to (a x - b y + dx, b x + a y + dy).
struct Similarity {
  double a = 1, b = 0, dx = 0, dy = 0;
  Point operator()(const Point& point) const {
    return {a * point.x - b * point.y + dx, b * point.x + a * point.y + dy};
  }
  /// The way back. Throws InvalidArgument where a and b are 0.
  Similarity inverse() const;
};

/// The similarity transform that takes the points of `from` nearest to those of `to`, by the sum of squared
/// distances: S. Umeyama, "Least-Squares Estimation of Transformation Parameters Between Two Point Patterns",
/// 1991, in two dimensions and without reflection. Throws InvalidArgument for lists of different lengths, of
/// fewer than two points, of points that are not finite, and where all points of `from` are one.
Similarity similarity_between(const std::vector<Point>& from, const std::vector<Point>& to);

/// What the box shows, `side` pixels across and down (bilinear, as Pillow), its sides rounded to whole
/// pixels; black beyond the picture's border. Throws InvalidArgument for a picture that does not have three
/// channels, a side below 1, and a box with sides that are not finite or beyond a million pixels, or of more
/// than 100 million in all.
Picture crop(const Picture& picture, const Box& box, int side);

/// Where the points of an aligned face lie, as shares of its width and height.
struct Template {
  Landmarks landmarks;
  int height = 128, width = 128;  ///< of the aligned picture, in pixels
};

/// That of Intel's face-reidentification-retail-0095: 128 pixels, a tight crop.
const Template& retail_template();

/// The face in the template's size, with its landmarks nearest to those of the template: each pixel is
/// interpolated between four of the picture (bilinear), or is the mean of several such samples where the face
/// is made smaller, and black where it lies beyond the border. Throws InvalidArgument as similarity_between
/// does, and for a picture that does not have three channels.
Picture align(const Picture& picture, const Landmarks& landmarks, const Template& shape = retail_template());

}  // namespace lamina::face
