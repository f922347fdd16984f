// What a face in a picture is: where it is, how sure a network is of it, and five points of it.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "lamina/vision/boxes.h"

namespace lamina::face {

/// A place in a picture, in pixels from its upper left corner; the middle of the first pixel is (0.5, 0.5).
struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

/// A rectangle in a picture, in pixels. It may reach beyond the picture's border.
using vision::Box;
using vision::iou;

/// Left eye, right eye, tip of the nose, left and right corner of the mouth; left is left in the picture.
using Landmarks = std::array<Point, 5>;

/// One face.
struct Face {
  Box box;
  double score = 0;                         ///< 0 to 1: how sure the network is
  std::optional<Landmarks> landmarks = {};  ///< absent where the network gives none
};

}  // namespace lamina::face
