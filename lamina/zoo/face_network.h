// A small network that learns to embed faces, from few persons and random weights.
#pragma once

#include <cstdint>

#include "lamina/nn/model.h"

namespace lamina {

/// Arguments of face_network; the defaults were chosen on persons 21 to 30 of AT&T's faces, learning 1 to 20.
struct FaceNetworkOptions {
  int64_t height = 112, width = 92;  ///< of the greys that it takes, 32 to 512 pixels
  int64_t filters = 16;              ///< of the first convolution, 1 to 512; each further one has twice as many
  int64_t dimensions = 128;          ///< numbers of an embedding, 2 to 4096
  double margin = 0.5;               ///< of ArcFace
  double scale = 16;                 ///< of ArcFace
  double dropout = 0.4;              ///< before the embedding, 0 to below 1
  double rate = 2e-3;                ///< highest learning rate, above 0
};

/// The network: greys as bytes, halved in size, moved, turned, zoomed, mirrored and made lighter or darker while it
/// trains; four convolutions with batch normalisation and pooling; a dense layer whose output of length 1, the layer
/// "embedding", is compared with a direction for each person. Compiled with Adam, a rate that rises and then falls along
/// half a cosine within `steps`, and ArcFace. Its FaceInfo says where landmarks lie in AT&T's faces.
/// @param classes  persons to learn, at least 2.
/// @param steps    batches of the whole training, at least 1.
/// @param seed     of the initial weights and the training's random numbers.
/// Throws InvalidArgument for others.
Model face_network(int64_t classes, int64_t steps, uint64_t seed, const FaceNetworkOptions& options = {});

}  // namespace lamina
