// A small network that learns to embed faces, from few persons and random weights.
#pragma once

#include <cstdint>

#include "lamina/nn/model.h"

namespace lamina {

/// Arguments of face_network; the defaults were chosen on persons 1 to 30 of AT&T's faces, ten held out at a
/// time.
struct FaceNetworkOptions {
  int64_t height = 112, width = 92;  ///< of the greys that it takes, 32 to 512 pixels
  int64_t networks = 3;              ///< side by side, each from weights of its own, 1 to 16
  int64_t filters = 16;      ///< of the first convolution, 1 to 512; each further one has twice as many
  int64_t dimensions = 128;  ///< of the head, 2 to 4096
  double margin = 0.5;       ///< of ArcFace
  double scale = 16;         ///< of ArcFace
  double dropout = 0.4;      ///< before the head, 0 to below 1
  double rate = 2e-3;        ///< highest learning rate, above 0
};

/// Layers of face_network by name: what the embedding is made of, and the three that take the nuisances away.
inline constexpr char kFaceFeatures[] = "local_features", kFaceEven[] = "even_features",
                      kFaceOntoNuisances[] = "onto_nuisances", kFaceFromNuisances[] = "from_nuisances";

/// The network: greys as bytes, halved in size, brought to mean 0 and deviation 1, moved, turned, zoomed and
/// mirrored while it trains; several times side by side, for what one makes of few persons is partly chance,
/// four convolutions with batch normalisation and pooling, and a dense layer; and a direction for each
/// person, which training alone needs. The layer "features" is the embedding: what the second and the third
/// convolutions say, at each place divided by its length and averaged over windows, less what
/// learn_face_nuisances finds. What later layers say tells persons apart that they have
/// not learned less well: it is drawn together for those that they have. Compiled with Adam, a rate that
/// rises and then falls along half a cosine within `steps`, and ArcFace. Its FaceInfo says where landmarks
/// lie in AT&T's faces.
/// @param classes  persons to learn, at least 2.
/// @param steps    batches of the whole training, at least 1.
/// @param seed     of the initial weights and the training's random numbers.
/// Throws InvalidArgument for others.
Model face_network(int64_t classes, int64_t steps, uint64_t seed, const FaceNetworkOptions& options = {});

/// After training: what the embedding is less. Its mean over all pictures becomes 0; each number is divided
/// by its variance among pictures of one person; of up to 64 directions along which such pictures still
/// differ, those of the most spread are shrunk most: within-class covariance normalisation (A. O. Hatch, S.
/// Kajarekar and A. Stolcke, 2006); and so are, less, up to 20 directions along which persons differ, lest
/// what most persons share or lack, as fair hair, counts for more than the rest. The classes that the model
/// tells stay as they are.
/// @param model     of face_network, trained.
/// @param pictures  that it was trained on, uint8 (n, height, width, 1), at least one; several of some
/// persons.
/// @param persons   their numbers, int32 (n,).
/// Throws InvalidArgument for other shapes and for a model without these layers.
void learn_face_nuisances(Model& model, const Tensor& pictures, const Tensor& persons);

}  // namespace lamina
