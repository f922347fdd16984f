// Transfer: learning to tell pictures apart by the features of a network that has learned others.
#pragma once

#include <string>

#include "lamina/zoo/recipes.h"

namespace lamina {

/// Options of transfer_recipe.
struct TransferOptions {
  std::string from;           ///< the file of a model of pictures: .onnx, .keras, .h5, ...
  std::string features = {};  ///< as load_without_head takes it
  /// The name of one of picture_scales(); empty: what the file says, else a guess, which is told to the log: "imagenet"
  /// for ONNX files of colour pictures, "0..1" for all others.
  std::string normalize = {};
  int head_epochs = 20;      ///< times to go through the features while the network is frozen
  double learning_rate = 0;  ///< of all weights together; 0: 1e-5
};

/// The recipe for the same data that begins with the features of another network. Dropout and one Dense layer take the
/// place of its head. They are trained first, on features that are computed once, and the epoch with the least loss on the
/// samples held back is kept; then all weights are trained at a small rate, but for batch normalization, which keeps its statistics
/// and weights. What the network needs (size, order of colours and of axes, scale) becomes part of the model, which takes
/// bytes.
/// Throws InvalidArgument for a recipe that takes_features says no of, for a network that does not take pictures of one
/// or three channels, and for an unknown name; FileError for a file that cannot be read.
Recipe transfer_recipe(const Recipe& recipe, const TransferOptions& options);

/// Whether the recipe tells classes of colour pictures apart.
bool takes_features(const Recipe& recipe);

}  // namespace lamina
