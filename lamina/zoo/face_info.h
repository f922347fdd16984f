// FaceInfo: what a network that embeds faces says of itself in its file.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "lamina/nn/data_info.h"

namespace lamina {

/// A section of a model's DataInfo, "faces". The model tells the persons apart that it was trained on; its
/// embedding is the output of one of its layers.
struct FaceInfo {
  std::string layer = "embedding";  ///< the layer whose output is the embedding, (batch, numbers)
  /// Where the eyes (left in the picture first), the tip of the nose and the corners of the mouth lie in the
  /// pictures that it learned: x and y each, as shares of width and height.
  std::array<double, 10> landmarks = {};
  double threshold = 0.5;  ///< cosine from which on two pictures are taken to be of one person, -1 to 1

  /// Puts it into `info`.
  void save(DataInfo& info) const;
  /// What a model knows; absent where it is none of faces. Throws FileError, beginning with `name`, for a
  /// section of a newer version and for numbers that cannot be.
  static std::optional<FaceInfo> of(const DataInfo& info, const std::string& name = "the model");
  bool operator==(const FaceInfo&) const = default;
};

}  // namespace lamina
