// Networks for photographs that carry their preparation inside: bytes go in, and files open and predict the
// same in Keras.
#pragma once

#include <cstdint>

#include "lamina/nn/model.h"

namespace lamina {

/// The tutorial's network for 150x150 colour photographs of two classes (convolutions of 32, 64 and 128
/// filters, Dense 512, one sigmoid), with bytes scaled to [-1, 1], random flips, translations, rotations and
/// zooms while training, and dropout behind each pooling and before Dense. Compiled with Adam, whose rate
/// rises to 0.0005 within the first part of `steps` and then falls along half a cosine, and the loss of yes
/// or no.
/// @param steps  batches of the whole training, epochs * ceil(samples / batch size); at least 1.
/// @param seed  of the initial weights and the training's random numbers.
/// Throws InvalidArgument for fewer steps.
Sequential cats_dogs_network(int64_t steps, uint64_t seed);

/// A small network for colour photographs: bytes scaled to [0, 1], random translations and flips while
/// training, blocks of convolution, batch normalisation, ReLU and pooling (32, 64, 128, 128, ... filters)
/// until at most 4x4 places are left, dropout, Dense 128 and a softmax. Compiled with Adam and the loss for
/// class numbers.
/// @param classes  at least 1.
/// @param side  height and width of the photographs, 8 to 1024: 32 gives three blocks.
/// @param seed  of the initial weights and the training's random numbers.
/// Throws InvalidArgument for others.
Sequential photo_network(int64_t classes, int64_t side, uint64_t seed);

}  // namespace lamina
