// Models without their heads: the features that other heads learn from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// How pictures are handed to a network: what becomes of bytes 0..255, RGB.
struct PictureScale {
  std::string name;         ///< "imagenet"
  std::string description;  ///< "(x / 255 - mean) / deviation, of ImageNet's colours"
  /// x * scale + offset: one number for all channels, or one for each.
  std::vector<double> scale{1}, offset{0};
  bool bgr = false;  ///< whether blue comes first; `scale` and `offset` are then in that order
};

/// "none", "0..1", "-1..1", "imagenet" and "caffe".
const std::vector<PictureScale>& picture_scales();
/// The one of that name; throws InvalidArgument, suggesting the nearest.
const PictureScale& picture_scale(const std::string& name);

/// A model without its head.
struct Features {
  Model model;       ///< from the only input to the features
  std::string name;  ///< of the features: of the value in an ONNX file, or of the layer that gives them
  /// Whether features with an extent for each place have the channels in front, (batch, channels, height, width).
  bool channels_first = false;
  std::optional<PictureScale> scale;  ///< what the file says of its pictures; nothing where it does not
  std::string said_by;                ///< what says so: "the layer 'rescaling'"
};

/// The part of a model up to what its last layer with a matrix or kernel weighs (Dense, a convolution), in models
/// inside, too. `model` and the result share layers.
/// @param features  the name of the layer whose output is taken; empty: found.
/// Throws InvalidArgument for a model of several inputs, for one that has no graph, for an unknown name, suggesting the
/// nearest, and where nothing is weighed.
Features without_head(const Model& model, const std::string& features = "");

/// The same for a file: an ONNX file (load_onnx_features), or whatever load_model reads. Throws FileError as they do.
Features load_without_head(const std::string& path, const std::string& features = "");

}  // namespace lamina
