// Networks for photographs that carry their preparation inside: bytes go in, and files open and predict the
// same in Keras.
#pragma once

#include <cstdint>

#include "lamina/nn/model.h"

namespace lamina {

/// The tutorial's network for 150x150 colour photographs of two classes (convolutions of 32, 64 and 128
/// filters, Dense 512, one sigmoid), with bytes scaled to [-1, 1], random flips, translations, rotations and
/// zooms while training, and dropout before Dense. Compiled with Adam, whose rate rises to 0.0005 within the
/// first part of `steps` and then falls along half a cosine, and the loss of yes or no.
/// @param steps  batches of the whole training, epochs * ceil(samples / batch size); at least 1.
/// @param seed  of the initial weights and the training's random numbers.
/// Throws InvalidArgument for fewer steps.
Sequential cats_dogs_network(int64_t steps, uint64_t seed);

/// A small network for 32x32 colour photographs: bytes scaled to [0, 1], random translations and flips while
/// training, three blocks of convolution, batch normalisation, ReLU and pooling (32, 64, 128 filters),
/// dropout, Dense 128 and a softmax. Compiled with Adam and the loss for class numbers.
/// @param classes  at least 1.
/// @param seed  of the initial weights and the training's random numbers.
/// Throws InvalidArgument for fewer classes.
Sequential photo_network(int64_t classes, uint64_t seed);

}  // namespace lamina
