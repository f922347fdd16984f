// The networks of Keras's applications, and some beside them: layer names, options and outputs are Keras's,
// so that their weight files load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// Options of the networks, with Keras's defaults but for weights: nothing is downloaded.
struct ApplicationOptions {
  bool include_top = true;  ///< whether the classifier stands on top
  /// A file of weights for exactly this network (.weights.h5, .h5, .keras); empty: drawn by `seed`.
  std::string weights = {};
  /// (height, width, channels) of the pictures; empty: as published, or without the top of any size, 3 channels.
  /// -1 is open, without the top.
  Shape input_shape = {};
  /// Without the top: "avg" or "max" over the places of the last features, or empty: (height, width,
  /// channels).
  std::string pooling = {};
  int64_t classes = 1000;  ///< of the top
  std::string classifier_activation = "softmax";
  std::string name = {};  ///< of the model; empty: as in Keras
  /// Of MobileNet and MobileNetV2/V3: the share of channels (the papers' width multiplier).
  double alpha = 1;
  /// Of those that begin with the scaling of their pictures (EfficientNet V2, MobileNetV3, ConvNeXt): whether
  /// they do.
  bool include_preprocessing = true;
  uint64_t seed = 0;  ///< of the first weights and of training
};

/// What pictures of bytes, RGB, are turned into before they enter a network, as Keras's preprocess_input of
/// it.
enum class Preprocessing {
  kNone,   ///< the network does it
  kTf,     ///< -1 to 1
  kTorch,  ///< 0 to 1, then less the mean and over the deviation of ImageNet's channels
  kCaffe,  ///< BGR less the means of ImageNet's channels
};

/// A network as it is known by name.
struct Application {
  std::string name;    ///< Keras's: "ResNet50"
  std::string paper;   ///< that it follows
  int64_t side = 224;  ///< height and width of the pictures that it was published with
  Preprocessing preprocessing = Preprocessing::kNone;
  Model (*make)(const ApplicationOptions& options) = nullptr;
};

/// The one of that name, in upper or lower case, with or without hyphens and underscores: "resnet50",
/// "efficientnet-b0". Throws InvalidArgument, suggesting the nearest.
const Application& application(const std::string& name);
/// All of them, in alphabetical order.
std::vector<std::string> application_names();
/// Adds one before main; returns true.
bool register_application(Application application);

/// Pictures (batch, height, width, 3) of bytes, or floats from 0 to 255, as networks of that kind want them:
/// float32.
Tensor preprocess_input(const Tensor& pictures, Preprocessing preprocessing);

}  // namespace lamina
