// The networks of MTCNN. Internal header.
#pragma once

#include <string>

#include "lamina/nn/model.h"

namespace lamina::face::detail {

/// Pictures are (value - 127.5) / 128, channels last. Each network gives the shares of "nothing" and "face",
/// then how far the sides of a box (left, top, right, bottom) lie from where they are taken to be, in its
/// width and height.
struct MtcnnNetworks {
  Model proposals;   ///< pictures of any size from 12 pixels on: a box of 12 pixels at every second one
  Model refinement;  ///< 24 x 24
  Model output;      ///< 48 x 48; third, five points as shares of the box: all x, then all y
};

/// Built of layers, with the weights of a file under the names of face-api.js. Throws FileError.
MtcnnNetworks mtcnn_networks(const std::string& path);

}  // namespace lamina::face::detail
