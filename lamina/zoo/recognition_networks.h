// Networks for small pictures that are trained from random weights: traffic signs, CIFAR-10, chest X-rays. They carry
// their preparation inside: bytes go in, and files open and predict the same in Keras.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/nn/model.h"

namespace lamina {

/// A network for traffic signs of 32x32 pixels: every picture is brought to mean 0 and deviation 1, so that a sign in
/// the dark is one in the sun; while training it is moved, turned and sized at random, and never flipped, since an arrow to
/// the left is another sign. Three blocks of two convolutions (32, 64, 128 filters) with batch normalization, ReLU, pooling
/// and dropout, Dense 256, normalized too, and a softmax. Compiled with AdamW, whose rate rises to 0.002 within the first
/// tenth of `steps` and then falls along half a cosine, and the loss for class numbers.
/// @param classes  at least 1.
/// @param steps  batches of the whole training, epochs * ceil(samples / batch size); at least 1.
/// @param seed  of the initial weights and the training's random numbers.
/// Throws InvalidArgument for fewer.
Sequential traffic_sign_network(int64_t classes, int64_t steps, uint64_t seed);

/// Names of the networks that cifar_network makes.
std::vector<std::string> cifar_networks();

/// A network for colour photographs of 32x32 pixels, with bytes scaled by the mean and deviation of photographs, and
/// moves by up to four pixels and flips while training. Compiled with SGD with Nesterov's momentum 0.9, whose rate rises
/// to its highest within the first tenth of `steps` and then falls along half a cosine, and the loss for class numbers.
/// @param name  "resnet20": the residual network of 20 layers of He et al. (2015, arXiv 1512.03385, section 4.2): 16, 32
///              and 64 filters in three times three blocks, shortcuts without weights (their option A); "plain20": the
///              same without shortcuts; "alexnet": the AlexNet of lamina/zoo/applications.
/// @param classes, steps, seed  as above.
/// Throws InvalidArgument for another name, suggesting the nearest, and for fewer than one class or step.
Model cifar_network(const std::string& name, int64_t classes, int64_t steps, uint64_t seed);

/// A network for grey pictures of 128x128 pixels of which some hundred are there, as chest X-rays: bytes are brought to a
/// quarter of the sides and to mean 0 and deviation 1, moved, turned, sized and flipped at random while training, and go
/// through three convolutions (16, 32, 64 filters) with batch normalization, ReLU and pooling. One sigmoid says class 1.
/// Compiled with AdamW, whose rate rises to 0.003 within the first tenth of `steps` and then falls along half a cosine.
/// @param steps, seed  as above.
Sequential chest_xray_network(int64_t steps, uint64_t seed);

}  // namespace lamina
