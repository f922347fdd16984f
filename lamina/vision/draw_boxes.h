// Boxes drawn into a picture, with the names of what is in them.
#pragma once

#include <string>
#include <vector>

#include "lamina/image/picture.h"
#include "lamina/vision/boxes.h"

namespace lamina::vision {

/// A box to draw, and what is written above it.
struct LabelledBox {
  Box box;
  std::string text = {};  ///< ASCII; other characters become '?'
  int64_t colour = 0;     ///< any number: the same number has the same colour
};

/// The picture in colours, with frames around the boxes and their texts on a plate of the same colour. What
/// lies outside of the picture is not drawn, and boxes that are no numbers are left out.
/// @param line  width of the frames in pixels; 0: one for each 320 pixels of the longer side, 2 at least.
/// Throws InvalidArgument for a negative line.
Picture draw_boxes(const Picture& picture, const std::vector<LabelledBox>& boxes, int line = 0);

/// "vehicle 0.93" of each detection, coloured by class. Throws InvalidArgument for a class without a name.
std::vector<LabelledBox> labelled(const std::vector<Detection>& detections,
                                  const std::vector<std::string>& class_names);

}  // namespace lamina::vision
