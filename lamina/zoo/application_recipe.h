// A recipe for pictures whose network is one of lamina/zoo/applications.
#pragma once

#include "lamina/zoo/recipes.h"

namespace lamina {

/// `recipe` with the network of that name in place of its own. It takes pictures of bytes at the size that it was
/// published with, and scales them itself as Keras's preprocess_input of it does; while training they are moved by up to
/// a tenth and flipped. From random weights it has the classifier that was published, for the classes of the data. With
/// a file of weights (.weights.h5, .h5, .keras) its features begin with those, by the names of the layers, and a
/// dropout and one Dense layer stand behind them. Compiled with Adam and the loss for class numbers.
/// Throws InvalidArgument, suggesting the nearest, for an unknown name; building throws FileError for a file of weights
/// that cannot be read or does not fit.
Recipe application_recipe(const Recipe& recipe, const RecipeNetwork& network);

}  // namespace lamina
