// A small network that learns to embed faces, from few persons and random weights.
#pragma once

#include <cstdint>

#include "lamina/nn/model.h"

namespace lamina {

/// Arguments of face_network; the defaults were chosen on persons 1 to 30 of AT&T's faces, ten held out at a time.
struct FaceNetworkOptions {
  int64_t height = 112, width = 92;  ///< of the greys that it takes, 32 to 512 pixels
  int64_t filters = 16;      ///< of the first convolution, 1 to 512; each further one has twice as many
  int64_t dimensions = 128;  ///< of the head, 2 to 4096
  double margin = 0.5;       ///< of ArcFace
  double scale = 16;         ///< of ArcFace
  double dropout = 0.4;      ///< before the head, 0 to below 1
  double rate = 2e-3;        ///< highest learning rate, above 0
};

/// The network: greys as bytes, halved in size, brought to mean 0 and deviation 1, moved, turned, zoomed and mirrored
/// while it trains; four convolutions with batch normalisation and pooling, whose output in a row, the layer "features",
/// is the embedding; and a head of a dense layer and a direction for each person, which training alone needs. What the
/// head sees tells persons apart that it has not learned better than what it makes of it, which is drawn together for
/// those that it has. Compiled with Adam, a rate that rises and then falls along half a cosine within `steps`, and
/// ArcFace. Its FaceInfo says where landmarks lie in AT&T's faces.
/// @param classes  persons to learn, at least 2.
/// @param steps    batches of the whole training, at least 1.
/// @param seed     of the initial weights and the training's random numbers.
/// Throws InvalidArgument for others.
Model face_network(int64_t classes, int64_t steps, uint64_t seed, const FaceNetworkOptions& options = {});

}  // namespace lamina
